"""One turn with one system: pull what changed, and compare the key sets when it is time."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors import fault, state
from exchange.connectors.answer import MAX_VERSION, Page, key_digest_lines
from exchange.connectors.errors import LinkedError, SourceFormError
from exchange.connectors.intake import Intake
from exchange.connectors.linked import Connector
from exchange.connectors.right_of_way import in_bulk
from exchange.connectors.row import Quarantined, SourceRow
from kernel import audit
from kernel.batch import batched
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import LinkedRecord

ACTOR = "system:linked"
PAGES_IN_A_TURN = 20
KEYS_EVERY = timedelta(days=1)
KEYS_AGAIN = timedelta(seconds=30)
"""How soon the key sets are compared again after they differed."""
FETCHED_AT_ONCE = 200
GONE_BELIEVED = 50
"""So many records may be gone at once; more only when they are less than a fifth of all."""
PART_ROWS = 50
"""Rows in one transaction of a page."""
Clock = Callable[[], datetime]


def turn(database: Database, connector: Connector, *, clock: Clock) -> Counter[str]:
    """Pull, and compare keys when that is due. A fault of the system is noted and not raised.

    Returns:
        what became of the rows, by word; ``failed`` when the turn did not come to its end.

    Effects: requests to the system; the tables of linked systems, ``subject…``, ``audit``.
    """
    with database.read() as session:
        if state.is_open(state.read(session, connector.system), clock()):
            return Counter()
    tally: Counter[str] = Counter()
    try:
        tally += pull(database, connector, clock=clock)
        tally += fetch_asked(database, connector, clock=clock)
        tally += compare_keys(database, connector, clock=clock)
    except LinkedError as error:
        with database.write() as session:
            state.failed(state.of_system(session, connector.system), error, clock())
        tally["failed"] += 1
    return tally


def pull(database: Database, connector: Connector, *, clock: Clock, pages: int = PAGES_IN_A_TURN) -> Counter[str]:
    """Take what changed, a page at a time; a run that is cut short goes on where it stopped.

    Raises:
        LinkedError: the system did not give a page; those before are taken.

    Effects: requests to the system; tables ``linked_record``, ``linked_fault``, ``linked_state``, ``audit``.
    """
    tally: Counter[str] = Counter()
    for _ in range(pages):
        with database.read() as session:
            how_far = state.read(session, connector.system)
        page = connector.pull(how_far, at=clock())
        tally += _take_page(database, connector, page, clock())
        if page.next is None:
            break
    return tally


def _take_page(database: Database, connector: Connector, page: Page, at: datetime) -> Counter[str]:
    """Take a page in parts, each a transaction; how far we are moves with the last."""
    rows = sorted(page.rows, key=lambda row: (row.key, row.version))
    parts = list(batched(rows, PART_ROWS)) or [()]
    tally: Counter[str] = Counter()
    for number, part in enumerate(parts, 1):
        quarantined = page.quarantined if number == 1 else ()
        with in_bulk(breath=len(part) == PART_ROWS):
            tally += _take_part(database, connector, page, (part, quarantined), at, last=number == len(parts))
    return tally


def _take_part(
    database: Database,
    connector: Connector,
    page: Page,
    rows: tuple[Sequence[SourceRow], Sequence[Quarantined]],
    at: datetime,
    *,
    last: bool,
) -> Counter[str]:
    with database.write() as session:
        how_far = state.of_system(session, connector.system)
        how_far.began_at = how_far.began_at or at
        taken = Intake(connector, "pull", at, page.server_time - at, how_far.began_at).take(session, *rows)
        if last:
            state.advance(how_far, page, at)
        state.count(how_far, taken.tally)
        state.add_lags(how_far, taken.lags)
        if any(taken.tally[word] for word in ("new", "changed", "gone", "quarantined")):
            detail = {word: number for word, number in sorted(taken.tally.items()) if number}
            audit.append(
                session,
                actor=ACTOR,
                action="linked.pull",
                at=at,
                object_type="linked_state",
                object_id=connector.system,
                detail=detail,
            )
    return taken.tally


def keys_due(database: Database, connector: Connector, at: datetime) -> bool:
    """It is time to compare key sets: never done, a day ago, or they differed half a minute ago."""
    with database.read() as session:
        how_far = state.read(session, connector.system)
    if how_far.cursor_at is not None:
        return False  # a run that has not come to its end would differ for sure
    every = KEYS_AGAIN if how_far.keys_differ else KEYS_EVERY
    return how_far.keys_at is None or at - how_far.keys_at >= every


def compare_keys(database: Database, connector: Connector, *, clock: Clock, due: bool | None = None) -> Counter[str]:
    """Find what was deleted over there, and what was lost or spoilt on the way, by comparing key sets.

    A row in quarantine that came a few times only is asked for again: it may have been spoilt on the way.

    Args:
        due: do it, or not; by time when left out.

    Raises:
        LinkedError: the system did not answer, or so many records are gone that it is not believed.

    Effects: requests to the system; tables ``linked_record``, ``linked_fault``, ``linked_state``, ``audit``.
    """
    if not (keys_due(database, connector, clock()) if due is None else due):
        return Counter()
    with database.read() as session:
        known = _versions(session, connector.system)
        held = fault.versions_of(session, connector.system)
        doubtful = fault.seen_seldom(session, connector.system)
    ours = {key: max(known.get(key, 0), held.get(key, 0)) for key in {*known, *held}}
    count, digest = connector.online().key_digest()
    if count == len(ours) and digest == sha256_hex(key_digest_lines(ours.items())) and not doubtful:
        return _compared(database, connector, 0, Counter(), clock())
    theirs = connector.online().keys()
    gone = sorted(set(ours) - set(theirs))
    if len(gone) > max(GONE_BELIEVED, len(ours) // 5):
        raise SourceFormError(
            f"expected a few records of {connector.system} to be gone, got {len(gone)} of {len(ours)}",
            hint="键集像是残缺的，未删任何记录 The key set looks cut off; nothing was deleted. Ask the system's owner.",
        )
    differing = [key for key, version in theirs.items() if version > ours.get(key, 0) or key in doubtful] + gone
    tally: Counter[str] = Counter()
    for key in differing[:FETCHED_AT_ONCE]:
        tally += fetch_one(database, connector, key, clock=clock)
    return _compared(database, connector, len(differing), tally, clock())


def _versions(session: Session, system: str) -> dict[str, int]:
    """What the system itself told; records that came by messages of others are none of its keys."""
    query = select(LinkedRecord.key, LinkedRecord.version).where(
        LinkedRecord.system == system, LinkedRecord.deleted_at.is_(None), LinkedRecord.message_id == ""
    )
    return {key: version for key, version in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def _compared(
    database: Database, connector: Connector, differing: int, tally: Counter[str], at: datetime
) -> Counter[str]:
    with database.write() as session:
        how_far = state.of_system(session, connector.system)
        how_far.keys_at, how_far.keys_differ = at, differing
    return tally


def fetch_asked(database: Database, connector: Connector, *, clock: Clock) -> Counter[str]:
    """Take records out of quarantine that officers asked for once more, where they are understood now.

    Raises:
        LinkedError: the system did not answer.

    Effects: as ``fetch_one``.
    """
    with database.read() as session:
        keys = fault.asked_again(session, connector.system, FETCHED_AT_ONCE)
    tally: Counter[str] = Counter()
    for key in keys:
        tally += fetch_one(database, connector, key, clock=clock)
    return tally


def fetch_one(database: Database, connector: Connector, key: str, *, clock: Clock) -> Counter[str]:
    """Take one record as it stands over there now; when it is no more there, it is no more here.

    Raises:
        LinkedError: the system did not answer.

    Effects: requests to the system; tables ``linked_record``, ``linked_fault``, ``linked_state``.
    """
    found = connector.one(key)
    with database.write() as session:
        how_far = state.of_system(session, connector.system)
        intake = Intake(connector, "key-set", clock(), timedelta(milliseconds=how_far.skew_ms), how_far.began_at)
        rows = (found,) if isinstance(found, SourceRow) else ()
        taken = intake.take(session, rows, (found,) if isinstance(found, Quarantined) else ())
        if found is None:
            taken.tally["gone"] += _gone(session, intake, key)
        state.count(how_far, taken.tally)
        state.add_lags(how_far, taken.lags)
    return taken.tally


def _gone(session: Session, intake: Intake, key: str) -> int:
    """The record and what lies in quarantine of it are over."""
    system = intake.connector.system
    fault.close(session, system, {key: MAX_VERSION}, at=intake.at)
    query = select(LinkedRecord).where(LinkedRecord.system == system, LinkedRecord.key == key)
    record = session.execute(query).scalar_one_or_none()
    if record is None or record.deleted_at is not None:
        return 0
    intake.gone(session, record)
    detail = {"system": system, "key": key}
    audit.append(
        session,
        actor=ACTOR,
        action="linked.gone",
        at=intake.at,
        object_type="linked_record",
        object_id=record.id,
        detail=detail,
    )
    return 1
