"""What the log signed before, and whether its tree still continues it."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.log import checkpoint, ledger, merkle
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogChangedError, LogFaultError, LogFormError, LogRewoundError, NoteSignatureError
from evidence.log.merkle import Stored
from evidence.vkey import VerifierKey
from kernel.models import LogCheckpoint


def newest(session: Session, *, witnessed: bool = False) -> LogCheckpoint | None:
    """The checkpoint of the largest tree; with ``witnessed`` the largest that got its quorum."""
    query = select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)
    if witnessed:
        query = query.where(LogCheckpoint.witnessed.is_(True))
    return session.execute(query).scalar()


def signed_tree(note: bytes, key: VerifierKey) -> Checkpoint | None:
    """The tree that a note names, if this log signed it; else none."""
    try:
        found, tree = checkpoint.read(note)
        checkpoint.verify_log(found, (key,))
    except (LogFormError, NoteSignatureError):
        return None
    return tree


def tree_of(row: LogCheckpoint, key: VerifierKey) -> Checkpoint:
    """The tree of a stored checkpoint.

    Raises:
        LogChangedError: the row is not as the log signed it.
    """
    tree = signed_tree(row.note.encode(), key)
    if tree is None or (tree.size, tree.root.hex()) != (row.size, row.root):
        raise LogChangedError(
            f"expected the checkpoint of {row.size} leaves as the log signed it, got another",
            context={"note": row.note},
        )
    return tree


def require_continued(trees: Iterable[Checkpoint], size: int, stored: Stored) -> None:
    """Check that a tree continues others that the log signed.

    Raises:
        LogRewoundError: one is larger. LogChangedError: one is not the beginning of this tree.
    """
    for tree in trees:
        if tree.size > size:
            raise LogRewoundError(
                f"expected at least the {tree.size} leaves that were signed, got {size}", context={"note": tree.text()}
            )
        if merkle.root(tree.size, stored) != tree.root:
            raise other_history(tree)


def other_history(tree: Checkpoint) -> LogFaultError:
    """The error for a signed tree that is not the beginning of the log."""
    return LogChangedError(
        f"expected the first {tree.size} leaves to be those that were signed, got others", context={"note": tree.text()}
    )


def is_beginning(session: Session, tree: Checkpoint) -> bool:
    """Whether the leaves in the database give a signed tree. Reads them all up to its size."""
    grown = merkle.Frontier()
    for leaf in ledger.leaves(session, 0, tree.size):
        if leaf.index != grown.size or not ledger.hash_of(leaf):
            return False
        grown.push(bytes.fromhex(ledger.hash_of(leaf)))
    return grown.size == tree.size and grown.root() == tree.root
