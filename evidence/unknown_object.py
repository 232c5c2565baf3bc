"""Objects in a store that no row knows: twins of sealed packages go to quarantine, all others are left and told.

A twin is what a database failure between the store and the state ``sealed`` leaves: the same evidence was sealed
again, with another package. It is not adopted, because its custody and its seal were never committed; it is not thrown
away either. What belongs to no sealed evidence may be the only trace of records that were lost with a database.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from evidence import intake
from evidence.errors import EvidenceError, StoreLockedError
from evidence.package import open_package
from evidence.store import Store
from evidence.store_pair import PLACES, UNKNOWN, StorePair, fetch_aside
from kernel import audit
from kernel.clock import as_utc
from kernel.db import Database
from kernel.models import Deletion, Evidence, ScrubFinding

ACTOR = "system:scrub"
GRACE = timedelta(days=1)
"""An object this young may be on its way from the store to its row."""
KEPT = "twin locked in place"
MAX_INFO_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Unknown:
    """Counts of one walk: objects seen, twins set aside, others left."""

    seen: int
    set_aside: int
    left: int


def walk(
    database: Database, pair: StorePair, work_dir: Path, *, at: datetime, goes_on: Callable[[], bool] = lambda: True
) -> Unknown:
    """Look at every name in both stores.

    Args:
        work_dir: for a temporary copy of an unknown package. at: now, aware UTC. goes_on: asked between objects.

    Raises:
        StoreError: a store cannot be used.

    Effects: the stores' quarantine; tables ``scrub_finding``, ``audit``.
    """
    with database.read() as session:
        states = dict(session.execute(select(Evidence.store_key, Evidence.state).where(Evidence.store_key != "")).all())
    seen = set_aside = left = 0
    for place in PLACES:
        store = pair.at(place)
        for key in store.keys() if store is not None else ():
            if not goes_on():
                return Unknown(seen, set_aside, left)
            seen += 1
            if store is not None and states.get(key) == intake.DELETED:
                _erase_again(database, store, key)
                continue
            if store is None or key in states or as_utc(at) - store.stored_at(key) < GRACE:
                continue
            done = _settle(database, pair, place, key, work_dir, at)
            set_aside += done
            left += not done
    return Unknown(seen, set_aside, left)


def _erase_again(database: Database, store: Store, key: str) -> None:
    """A copy that was on its way while its evidence was deleted, or came back from a backup."""
    with database.read() as session:
        query = select(Deletion.id).join(Evidence, Evidence.id == Deletion.evidence_id)
        done = session.execute(query.where(Evidence.store_key == key, Deletion.state == "done")).first()
    if done is not None:
        with suppress(StoreLockedError):
            store.erase(key)


def _settle(database: Database, pair: StorePair, place: str, key: str, work_dir: Path, at: datetime) -> bool:  # noqa: PLR0917 - one object in one place
    """True when it was set aside."""
    with database.read() as session:
        if _is_told(session, place, key) is KEPT:
            return False
    owner = _owner(database, pair, place, key, work_dir, at)
    store, outcome, closed = pair.at(place), "", False
    if store is not None and owner is not None and owner.state == intake.SEALED and owner.store_key != key:
        with suppress(EvidenceError):
            pair.store.check(owner.store_key)  # the sealed one has to be whole before its twin goes
            try:
                outcome, closed = f"twin set aside: {store.set_aside(key, at=at)}", True
            except StoreLockedError:
                outcome, closed = KEPT, True
    with database.write() as session:
        _tell(session, place, key, owner.id if owner else None, outcome if closed else "", at)
    return closed and outcome != KEPT


def _is_told(session: Session, place: str, key: str) -> str | None:
    query = select(ScrubFinding.outcome).where(
        ScrubFinding.place == place,
        ScrubFinding.key == key,
        or_(ScrubFinding.closed_at.is_(None), ScrubFinding.outcome == KEPT),
    )
    found = session.execute(query).scalars().first()
    return KEPT if found == KEPT else found


def _owner(  # noqa: PLR0917 - as its caller
    database: Database, pair: StorePair, place: str, key: str, work_dir: Path, at: datetime
) -> Evidence | None:
    """The evidence whose number an unknown package carries; none when it is no package of ours."""
    aside: Path | None = None
    try:
        aside = fetch_aside(pair, place, key, work_dir, at)
        text = open_package(aside).read("bag-info.txt", MAX_INFO_BYTES).decode("utf-8", "replace")
    except EvidenceError:
        return None
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    number = next((line.partition(": ")[2] for line in text.splitlines() if line.startswith("External-Identifier")), "")
    with database.read() as session:
        return session.get(Evidence, number)


def _tell(session: Session, place: str, key: str, evidence_id: str | None, outcome: str, at: datetime) -> None:  # noqa: PLR0917 - the parts of one finding
    query = select(ScrubFinding).where(
        ScrubFinding.place == place, ScrubFinding.key == key, ScrubFinding.closed_at.is_(None)
    )
    found = session.execute(query).scalars().first()
    fresh = found is None
    if found is None:
        found = ScrubFinding(at=as_utc(at), place=place, kind=UNKNOWN, key=key)
        session.add(found)
    found.evidence_id = evidence_id
    if outcome:
        found.closed_at, found.outcome = as_utc(at), outcome
    if fresh or outcome:
        detail: Mapping[str, object] = {"key": key, "outcome": outcome, "place": place}
        audit.append(
            session, actor=ACTOR, action="evidence.unknown_object", object_type="evidence",
            object_id=evidence_id or "", detail=detail, at=at,
        )  # fmt: skip
