"""The leaves of the log in the database: appended in the caller's transaction, read in order."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evidence.log import entry
from evidence.log.errors import LogFormError
from kernel.batch import batched
from kernel.db import one_writer
from kernel.models import LogLeaf

_BATCH = 500


def size(session: Session) -> int:
    """Number of leaves."""
    last = session.execute(select(func.max(LogLeaf.index))).scalar()
    return 0 if last is None else last + 1


def append(session: Session, line: str) -> int:
    """Put an entry into the log, once.

    Args:
        session: a write session; the entry is in the log when the caller commits. Other writers wait
            until then.
        line: ``entry.package``, ``entry.custody`` or ``entry.identity``.

    Returns:
        its index; that of the first time when it is there already.

    Raises:
        LogFormError: not an entry.

    Effects: table ``log_leaf``.
    """
    return append_all(session, (line,))[0]


def append_all(session: Session, lines: Sequence[str]) -> tuple[int, ...]:
    """Put entries into the log, in this order, once each; their indexes. As ``append``."""
    hashes = {line: entry.leaf(line).hex() for line in lines}
    one_writer(session)
    session.flush()
    places: dict[str, int] = {}
    for batch in batched(hashes, _BATCH):
        found = session.execute(select(LogLeaf.entry, LogLeaf.index).where(LogLeaf.entry.in_(batch)))
        places.update((line, index) for line, index in found)
    fresh = [line for line in hashes if line not in places]
    places.update((line, index) for index, line in enumerate(fresh, start=size(session)))
    session.add_all(LogLeaf(index=places[line], entry=line, leaf_hash=hashes[line]) for line in fresh)
    session.flush()
    return tuple(places[line] for line in lines)


def index_of(session: Session, line: str) -> int | None:
    """The index of an entry, or none when it is not in the log."""
    return session.execute(select(LogLeaf.index).where(LogLeaf.entry == line)).scalar()


def hash_of(leaf: LogLeaf) -> str:
    """The leaf hash that belongs to a stored entry, hex; empty when what is stored is no entry."""
    try:
        return entry.leaf(leaf.entry).hex()
    except LogFormError:
        return ""


def leaves(session: Session, start: int, end: int) -> Iterator[LogLeaf]:
    """The leaves with indexes from ``start`` to ``end - 1``, in order, a batch at a time."""
    while start < end:
        query = (
            select(LogLeaf)
            .where(LogLeaf.index >= start, LogLeaf.index < min(end, start + _BATCH))
            .order_by(LogLeaf.index)
        )
        yield from session.execute(query).scalars()
        start += _BATCH
