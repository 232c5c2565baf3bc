"""From the outbox to the engine, and the whole index anew.

An outbox row is deleted only after the engine has committed its document: an engine that is down
leaves the rows where they are, and a process killed in between writes the same document again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kernel.batch import batched
from kernel.clock import as_utc
from kernel.db import Database
from kernel.models import Listing, OutboxEntry
from search.documents import load_documents
from search.engine import Engine
from search.errors import DocumentsRejectedError

TOPIC_LISTING = "listing"
TOPIC_SHOP = "shop"
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What one drain did.

    Attributes:
        taken: outbox rows done and deleted. indexed, deleted: documents written and removed.
        rejected: (listing id, reason) the engine refused; their rows stay.
        remaining: outbox rows left. lag_s: age of the oldest of them at ``at``, seconds.
    """

    taken: int
    indexed: int
    deleted: int
    rejected: tuple[tuple[int, str], ...]
    remaining: int
    lag_s: float


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What a rebuild did: the new live generation, documents fed, documents found gone from the records."""

    generation: str
    fed: int
    removed: int


Progress = Callable[[int, int], None]


def drain(database: Database, engine: Engine, *, limit: int = BATCH, at: datetime) -> DrainResult:
    """Bring the index up to the oldest ``limit`` outbox rows.

    Rows of topic ``listing`` name a listing, rows of topic ``shop`` all listings of a shop. Call it
    until ``taken`` is 0.

    Args:
        at: now, aware UTC; only for ``lag_s``.

    Raises:
        SearchUnavailableError, WriterBusyError, IndexStaleError: nothing is lost, the rows stay.

    Effects: the engine's index; deletes from ``outbox``.
    """
    with database.read() as session:
        rows = _oldest(session, limit)
        ids = _listing_ids(session, rows)
    indexed = removed = 0
    rejected: dict[int, str] = {}
    for batch in batched(ids, BATCH):
        written, gone, refused = _write(database, engine, batch)
        indexed, removed = indexed + written, removed + gone
        rejected.update(refused)
    done = [row_id for row_id, topic, object_id in rows if topic != TOPIC_LISTING or object_id not in rejected]
    with database.write() as session:
        for part in batched(done, BATCH):
            session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(part)))
        # A refused listing reached through its shop gets a row of its own, so that it is not forgotten.
        waiting = {object_id for _, topic, object_id in rows if topic == TOPIC_LISTING}
        session.add_all(
            OutboxEntry(topic=TOPIC_LISTING, object_id=listing_id, created_at=as_utc(at))
            for listing_id in rejected
            if listing_id not in waiting
        )
    remaining, lag_s = _waiting(database, at)
    return DrainResult(len(done), indexed, removed, tuple(rejected.items()), remaining, lag_s)


def _oldest(session: Session, limit: int) -> list[tuple[int, str, int]]:
    query = (
        select(OutboxEntry.id, OutboxEntry.topic, OutboxEntry.object_id)
        .where(OutboxEntry.topic.in_((TOPIC_LISTING, TOPIC_SHOP)))
        .order_by(OutboxEntry.id)
        .limit(limit)
    )
    return [(row_id, topic, object_id) for row_id, topic, object_id in session.execute(query)]


def _listing_ids(session: Session, rows: Sequence[tuple[int, str, int]]) -> list[int]:
    ids = {object_id for _, topic, object_id in rows if topic == TOPIC_LISTING}
    shops = sorted({object_id for _, topic, object_id in rows if topic == TOPIC_SHOP})
    for part in batched(shops, BATCH):
        of_shops = select(Listing.id).where(Listing.shop_id.in_(part))
        ids.update(session.scalars(of_shops))
    return sorted(ids)


def _write(database: Database, engine: Engine, ids: Sequence[int]) -> tuple[int, int, dict[int, str]]:
    """Write one batch and commit it: (indexed, deleted, refused)."""
    with database.read() as session:
        documents = load_documents(session, ids)
    present = {document.id for document in documents}
    gone = [listing_id for listing_id in ids if listing_id not in present]
    refused: dict[int, str] = {}
    try:
        engine.index(documents)
    except DocumentsRejectedError as error:
        refused = dict(error.rejected)
    if gone:
        engine.delete(gone)
    engine.commit()
    return len(documents) - len(refused), len(gone), refused


def _waiting(database: Database, at: datetime) -> tuple[int, float]:
    """Rows left, and the age of the oldest in seconds."""
    topics = OutboxEntry.topic.in_((TOPIC_LISTING, TOPIC_SHOP))
    with database.read() as session:
        remaining = session.scalar(select(func.count(OutboxEntry.id)).where(topics)) or 0
        oldest = session.scalar(select(OutboxEntry.created_at).where(topics).order_by(OutboxEntry.id).limit(1))
    lag = 0.0 if oldest is None else (as_utc(at) - oldest).total_seconds()
    return remaining, max(lag, 0.0)


def rebuild(
    database: Database, engine: Engine, *, progress: Progress | None = None, batch: int = BATCH
) -> RebuildResult:
    """Make the index anew behind the alias and switch to it; searches go on all the time.

    Changes made meanwhile reach both generations through :func:`drain` (which looks up the
    generations after it has read the records); here only what is not there yet is added, so an older
    reading never covers a newer one. Listings deleted while it ran are swept at the end.

    Args:
        progress: called with (listings done, listings in all); an error it raises stops the rebuild,
            and the live index stays.

    Raises:
        GenerationError: another rebuild took its place. WriterBusyError: one is running.
        DocumentsRejectedError: the engine refused a document; the live index stays.

    Effects: the engine's indexes. The database is only read.
    """
    generation = engine.begin_rebuild()
    with database.read() as session:
        total = session.scalar(select(func.count(Listing.id))) or 0
    fed = done = last = 0
    while True:
        with database.read() as session:
            ids = list(session.scalars(select(Listing.id).where(Listing.id > last).order_by(Listing.id).limit(batch)))
            documents = load_documents(session, ids)
        if not ids:
            break
        fed += engine.feed(generation, documents)
        done, last = done + len(ids), ids[-1]
        if progress is not None:
            progress(done, max(done, total))
    removed = _sweep(database, engine, generation, batch)
    engine.switch(generation)
    return RebuildResult(generation, fed, removed)


def _sweep(database: Database, engine: Engine, generation: str, batch: int) -> int:
    """Remove from the new generation what was deleted from the records after it had been read."""
    removed = last = 0
    while True:
        ids = engine.ids_in(generation, last, batch)
        if not ids:
            return removed
        with database.read() as session:
            present = set(session.scalars(select(Listing.id).where(Listing.id.in_(ids))))
        gone = [listing_id for listing_id in ids if listing_id not in present]
        if gone:
            engine.remove_from(generation, gone)
        removed, last = removed + len(gone), ids[-1]
