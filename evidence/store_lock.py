"""What stores that can lock are told: until when an object is kept, and whether a legal hold is on.

The rows are the truth; a store that was away is told later. Files have their read-only mode and no more.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from evidence import intake
from evidence.errors import EvidenceError
from evidence.store_pair import COPY, StorePair
from kernel.db import Database
from kernel.models import Evidence, LegalHold, StoredObject


def untold(session: Session) -> list[tuple[str, bool, datetime | None]]:
    """Keys whose stores know another hold or term than the rows, with hold and term as they ought to be."""
    held = exists().where(LegalHold.evidence_id == Evidence.id, LegalHold.released_at.is_(None))
    query = (
        select(StoredObject.key, held.label("held"), Evidence.retention_until)
        .join(Evidence, Evidence.id == StoredObject.evidence_id)
        .where(
            Evidence.state == intake.SEALED,
            (StoredObject.held != held) | StoredObject.retained_until.is_distinct_from(Evidence.retention_until),
        )
        .order_by(StoredObject.key)
    )
    return [(row[0], bool(row[1]), row[2]) for row in session.execute(query)]


def tell(database: Database, pair: StorePair) -> int:
    """Tell the stores what they do not know yet; how many objects were told.

    Effects: object locks; table ``stored_object``.
    """
    with database.read() as session:
        waiting = untold(session)
    done = 0
    for key, held, until in waiting:
        with database.read() as session:
            copied = session.get_one(StoredObject, key).copied_to == pair.names[COPY]
        code = message = ""
        try:
            for store in (pair.store, pair.copy if copied else None):
                if store is not None:
                    if until is not None:
                        store.retain(key, until)
                    store.hold(key, on=held)
        except EvidenceError as error:
            code, message = error.code, error.message
        with database.write() as session:
            row = session.get_one(StoredObject, key)
            row.error_code, row.error = code, message
            if not code:
                row.held, row.retained_until = held, until
                done += 1
    return done
