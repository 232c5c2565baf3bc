"""The scrub: every stored package is hashed again and again, and what is wrong is written down.

A finding is made once and stays open until the bytes are right again. It names the place to restore from, whose
bytes were hashed for it.

Spec: 互联网法院规定 (2018) 第11条(3) (storage medium and custody).
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from evidence import custody, intake
from evidence.store_pair import COPY, PLACES, STORE, UNKNOWN, Look, StorePair
from kernel import audit
from kernel.clock import as_utc
from kernel.db import Database
from kernel.models import Evidence, ScrubFinding, StoredObject

ACTOR = "system:scrub"
EARLY = 0.75
"""An object is due again after this part of its days, so that the slowest still is in time."""
WHOLE = "whole again"


def due(session: Session, at: datetime, days: float, limit: int = 100) -> list[str]:
    """Keys that ought to be hashed now: open findings first, then what was looked at longest ago."""
    before = as_utc(at) - timedelta(days=days * EARLY)
    found = select(ScrubFinding.key).where(ScrubFinding.closed_at.is_(None), ScrubFinding.kind != UNKNOWN)
    late = or_(StoredObject.checked_at.is_(None), StoredObject.checked_at < before)
    late_copy = (StoredObject.copied_to != "") & (
        StoredObject.copy_checked_at.is_(None) | (StoredObject.copy_checked_at < before)
    )
    query = (
        _sealed(select(StoredObject.key))
        .where(late | late_copy, StoredObject.key.not_in(found))
        .order_by(StoredObject.checked_at.is_not(None), StoredObject.checked_at, StoredObject.key)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def all_keys(session: Session) -> list[str]:
    """Keys of every sealed package, what was looked at longest ago first."""
    query = _sealed(select(StoredObject.key)).order_by(
        StoredObject.checked_at.is_not(None), StoredObject.checked_at, StoredObject.key
    )
    return list(session.execute(query).scalars())


def _sealed(query: Select[str]) -> Select[str]:
    return query.join(Evidence, Evidence.id == StoredObject.evidence_id).where(Evidence.state == intake.SEALED)


def open_keys(session: Session) -> list[str]:
    """Keys of sealed packages with an open finding; they are looked at again and again."""
    found = select(ScrubFinding.key).where(ScrubFinding.closed_at.is_(None), ScrubFinding.kind != UNKNOWN)
    return list(session.execute(_sealed(select(StoredObject.key)).where(StoredObject.key.in_(found))).scalars())


def open_findings(session: Session, evidence_id: str = "") -> list[ScrubFinding]:
    """What is wrong now, oldest first; of one piece of evidence when it is named."""
    query = select(ScrubFinding).where(ScrubFinding.closed_at.is_(None)).order_by(ScrubFinding.id)
    if evidence_id:
        query = query.where(ScrubFinding.evidence_id == evidence_id)
    return list(session.execute(query).scalars())


def overdue(session: Session, at: datetime, days: float) -> int:
    """How many packages were not hashed within their days."""
    before = as_utc(at) - timedelta(days=days)
    late = func.coalesce(StoredObject.checked_at, Evidence.sealed_at) < before
    query = _sealed(select(StoredObject.key)).where(late)
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def check_object(database: Database, pair: StorePair, key: str, *, at: datetime) -> int:
    """Hash one package in the store, and in the second store when it was copied there.

    Args:
        at: when this is done, aware UTC.

    Returns:
        how many places have other bytes or none.

    Raises:
        StoreError: a place cannot be used; what was known stays.

    Effects: tables ``stored_object``, ``scrub_finding``, ``custody_event``, ``audit``.
    """
    with database.read() as session:
        row = session.get(StoredObject, key)
        copied = row is not None and row.copied_to != "" and row.copied_to == pair.names[COPY]
    looks = {place: pair.look(place, key) for place in (PLACES if copied else (STORE,))}
    with database.write() as session:
        row = session.get(StoredObject, key, with_for_update=True)
        if row is None or session.get_one(Evidence, row.evidence_id).state != intake.SEALED:
            return 0  # deleted meanwhile
        for place, look in looks.items():
            if look.kind:
                _note(session, pair, row, place, look, looks, at)
            else:
                _note_whole(session, row, place, at)
    return sum(bool(look.kind) for look in looks.values())


def _note_whole(session: Session, row: StoredObject, place: str, at: datetime) -> None:
    if place == STORE:
        row.checked_at = as_utc(at)
    else:
        row.copy_checked_at = as_utc(at)
    close(session, row.key, place, outcome=WHOLE, actor=ACTOR, at=at)


def _note(  # noqa: PLR0917 - the parts of one finding
    session: Session,
    pair: StorePair,
    row: StoredObject,
    place: str,
    look: Look,
    looks: dict[str, Look],
    at: datetime,
) -> None:
    source = next((pair.names[other] for other, found in looks.items() if not found.kind), "")
    found = _open(session, row.key, place)
    if found is not None and found.kind == look.kind:
        found.restore_from = source
        return
    if found is not None:
        close(session, row.key, place, outcome=look.kind, actor=ACTOR, at=at)
    finding = ScrubFinding(
        at=as_utc(at),
        place=place,
        kind=look.kind,
        key=row.key,
        evidence_id=row.evidence_id,
        found_sha256=look.found_sha256,
        restore_from=source,
    )
    session.add(finding)
    detail: dict[str, object] = {
        "found": look.found_sha256,
        "key": row.key,
        "place": pair.names[place],
        "restore_from": source,
    }
    custody.append(
        session, evidence_id=row.evidence_id, action=look.kind, actor=ACTOR, object_sha256=row.key, detail=detail, at=at
    )
    _audit(session, f"evidence.{look.kind}", row.evidence_id, detail, at)


def _open(session: Session, key: str, place: str) -> ScrubFinding | None:
    query = select(ScrubFinding).where(
        ScrubFinding.key == key, ScrubFinding.place == place, ScrubFinding.closed_at.is_(None)
    )
    return session.execute(query).scalars().first()


def close(session: Session, key: str, place: str, *, outcome: str, actor: str, at: datetime) -> None:
    """Close what is open on an object in one place. Effects: tables ``scrub_finding``, ``audit``."""
    found = _open(session, key, place)
    if found is not None:
        found.closed_at, found.outcome = as_utc(at), outcome
        _audit(session, "evidence.finding_closed", found.evidence_id or "", {"key": key, "outcome": outcome}, at, actor)


def _audit(  # noqa: PLR0917 - the fields of an audit line
    session: Session, action: str, evidence_id: str, detail: dict[str, object], at: datetime, actor: str = ACTOR
) -> None:
    audit.append(
        session, actor=actor, action=action, object_type="evidence", object_id=evidence_id, detail=detail, at=at
    )
