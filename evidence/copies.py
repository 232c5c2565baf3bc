"""Copies: every sealed package also in a second store."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import custody, intake
from evidence.errors import EvidenceError
from evidence.store_pair import COPY, STORE, StorePair, fetch_aside
from kernel import audit
from kernel.clock import as_utc
from kernel.db import Database
from kernel.models import Evidence, StoredObject

ACTOR = "system:copy"


def waiting(session: Session, name: str) -> list[str]:
    """Keys of sealed packages that are not in the second store of this address, the oldest first."""
    query = (
        select(StoredObject.key)
        .join(Evidence, Evidence.id == StoredObject.evidence_id)
        .where(Evidence.state == intake.SEALED, StoredObject.copied_to != name)
        .order_by(Evidence.sealed_at, StoredObject.key)
    )
    return list(session.execute(query).scalars())


def copy_one(database: Database, pair: StorePair, key: str, work_dir: Path, *, at: datetime) -> bool:
    """Copy one package; its bytes are hashed on the way out and again in the second store.

    Putting the same bytes twice is once, so that a run that was killed is simply done again.

    Returns:
        True when it is there; False when it failed, and the row says why.

    Effects: the second store; tables ``stored_object``, ``custody_event``, ``audit``.
    """
    with database.read() as session:
        row = session.get_one(StoredObject, key)
        until = session.get_one(Evidence, row.evidence_id).retention_until
    aside: Path | None = None
    try:
        aside = fetch_aside(pair, STORE, key, work_dir, at)
        if pair.copy is not None:
            pair.copy.put(aside, sha256=key, until=until)
    except EvidenceError as error:
        with database.write() as session:
            row = session.get_one(StoredObject, key)
            row.error_code, row.error = error.code, error.message
        return False
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    with database.write() as session:
        row = session.get_one(StoredObject, key, with_for_update=True)
        if session.get_one(Evidence, row.evidence_id).state != intake.SEALED:
            if pair.copy is not None:
                pair.copy.erase(key)  # deleted meanwhile, so the copy goes too
            return False
        row.copied_to, row.copied_at, row.copy_checked_at = pair.names[COPY], as_utc(at), as_utc(at)
        row.error_code = row.error = ""
        row.held, row.retained_until = False, None  # to be told to the new place as well
        detail = {"key": key, "to": pair.names[COPY]}
        custody.append(
            session, evidence_id=row.evidence_id, action="copied", actor=ACTOR, object_sha256=key, detail=detail, at=at
        )
        audit.append(
            session, actor=ACTOR, action="evidence.copy", object_type="evidence", object_id=row.evidence_id,
            detail=detail, at=at,
        )  # fmt: skip
    return True


def copy_waiting(
    database: Database, pair: StorePair, work_dir: Path, *, clock: Callable[[], datetime], goes_on: Callable[[], bool]
) -> int:
    """Copy all that waits, until ``goes_on`` says no; how many were copied."""
    if pair.copy is None:
        return 0
    with database.read() as session:
        keys = waiting(session, pair.names[COPY])
    done = 0
    for key in keys:
        if not goes_on():
            break
        done += copy_one(database, pair, key, work_dir, at=clock())
    return done
