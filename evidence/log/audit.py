"""Audits of the log: a quick one at every start, and a complete one on demand.

What is compared: leaves of the database, tiles on disk, checkpoints that the log signed, custody events,
steps of merchants' identities.
"""

from dataclasses import dataclass

from sqlalchemy import func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from evidence.log import entry, history, ledger, merkle
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogChangedError, LogRewoundError
from evidence.log.projection import Projection
from evidence.log.tiles import WIDTH
from evidence.vkey import VerifierKey
from kernel.models import ApplicationEvent, CustodyEvent, LogCheckpoint, LogLeaf


@dataclass(frozen=True, slots=True)
class Audit:
    """What a complete audit found.

    Attributes:
        tree: the log as it is; no checkpoint of it need be signed yet. checkpoints: how many were held against it.
        mended: tiles or the checkpoint beside them were damaged and are written anew.
        witnesses: that were asked and have seen no other history.
        closed: faults that were open.
    """

    tree: Checkpoint
    checkpoints: int
    mended: bool
    witnesses: tuple[str, ...] = ()
    closed: int = 0


def check_recent(session: Session, projection: Projection, own: VerifierKey) -> int:
    """Check what came since the last audit, and that its end is still in place; the number of leaves.

    Raises:
        LogFaultError: of the kind that was found.

    Effects: the folder of the tiles.
    """
    size = ledger.size(session)
    before, root = projection.tiles.audited()
    if before > size:
        raise LogRewoundError(f"expected at least the {before} leaves that were audited, got {size}")
    projection.catch_up(session, size, since=max(0, before - WIDTH))
    stored = projection.tiles.stored
    if merkle.root(before, stored) != root:
        raise LogChangedError(f"expected the first {before} leaves as they were audited, got others")
    rows = session.execute(select(LogCheckpoint).where(LogCheckpoint.size > before)).scalars()
    history.require_continued((history.tree_of(row, own) for row in rows), size, stored)
    projection.tiles.set_audited(size, merkle.root(size, stored))
    return size


def check_everything(session: Session, projection: Projection, own: VerifierKey) -> Audit:
    """Check the whole log, reading every leaf; in constant memory.

    Raises:
        LogFaultError: of the kind that was found.

    Effects: the folder of the tiles.
    """
    size = ledger.size(session)
    mended = projection.catch_up(session, size, since=0)
    checkpoints = _check_checkpoints(session, own, size)
    _check_records(session, entry.CUSTODY, CustodyEvent.hash, "custody event")
    _check_records(session, entry.IDENTITY, ApplicationEvent.hash, "step of an identity")
    mended = projection.compare_all(session, size) or mended
    mended = projection.show_again(session) or mended
    tree = Checkpoint(own.name, size, merkle.root(size, projection.tiles.stored))
    projection.tiles.set_audited(size, tree.root)
    return Audit(tree, checkpoints, mended)


def _check_checkpoints(session: Session, own: VerifierKey, size: int) -> int:
    """Grow the tree leaf by leaf and hold it against every checkpoint on the way."""
    rows = session.execute(select(LogCheckpoint).order_by(LogCheckpoint.size)).scalars().all()
    waiting = [history.tree_of(row, own) for row in reversed(rows)]
    grown = merkle.Frontier()
    for leaf in ledger.leaves(session, 0, size):
        grown.push(bytes.fromhex(leaf.leaf_hash))
        while waiting and waiting[-1].size == grown.size:
            if waiting[-1].root != grown.root():
                raise history.other_history(waiting[-1])
            waiting.pop()
    if waiting:
        raise LogRewoundError(f"expected at least the {waiting[0].size} leaves that were signed, got {size}")
    return len(rows)


def _check_records(session: Session, kind: str, hashes: InstrumentedAttribute[str], what: str) -> None:
    """Every record of a kind is in the log, and every one that is in the log is there."""
    logged = select(LogLeaf.index).where(LogLeaf.entry == literal(f"{kind} ") + hashes).exists()
    stray = session.execute(select(hashes).where(~logged).limit(1)).scalar()
    if stray is not None:
        raise LogChangedError(f"expected every {what} in the log, got none of the one with hash {stray}")
    kept = func.substr(LogLeaf.entry, len(kind) + 2).in_(select(hashes))
    query = select(LogLeaf.index).where(LogLeaf.entry.startswith(f"{kind} "), ~kept)
    gone = session.execute(query.order_by(LogLeaf.index).limit(1)).scalar()
    if gone is not None:
        raise LogChangedError(f"expected the {what} of leaf {gone}, it is gone or another")
