"""Rows of stored packages: one for each sealed package, made when it is first seen here."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import intake
from evidence.storage_term import years_after
from kernel.models import Evidence, StoredObject


def register(session: Session, years: int) -> int:
    """Make rows for sealed packages that have none, and fix the end of their storage term.

    Args:
        session: a write session. years: the storage term of the settings; it counts for what is fixed now.

    Returns:
        how many rows are new.

    Effects: tables ``stored_object``, ``evidence`` (retention_until).
    """
    known = select(StoredObject.evidence_id)
    query = select(Evidence).where(Evidence.state == intake.SEALED, Evidence.store_key != "", Evidence.id.not_in(known))
    fresh = list(session.execute(query).scalars())
    for row in fresh:
        session.add(StoredObject(key=row.store_key, evidence_id=row.id, size=row.size))
        if row.retention_until is None and row.sealed_at is not None:
            row.retention_until = years_after(row.sealed_at, years)
    session.flush()
    return len(fresh)


def of_evidence(session: Session, evidence_id: str) -> StoredObject | None:
    """The row of one piece of evidence."""
    return session.execute(select(StoredObject).where(StoredObject.evidence_id == evidence_id)).scalar_one_or_none()


def any_registered(session: Session) -> bool:
    """Whether there is any stored package."""
    return session.execute(select(StoredObject.key).limit(1)).first() is not None
