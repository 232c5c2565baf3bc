"""Names that were written in an older normal form are written anew: by keys of another form nobody would find them.

Each row says in which form it stands, and is put right in the transaction that says so: killed anywhere, the next turn
goes on with what is left.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from identity_verify.name_keys import FORM
from identity_verify.registered_names import write_several
from kernel import audit
from kernel.batch import batched
from kernel.db import Database
from kernel.models import SubjectName

ACTOR = "system:subjects"
A_TURN = 10_000
A_TRANSACTION = 500
_OTHER = or_(SubjectName.form < FORM, SubjectName.form > FORM)
"""Written as bounds, so that the index answers at once when there is none."""


def is_behind(session: Session) -> bool:
    """True while a name stands in another form."""
    return session.execute(select(SubjectName.id).where(_OTHER).limit(1)).first() is not None


def renew(database: Database, *, at: datetime, limit: int = A_TURN) -> int:
    """Write names of another form anew, some hundred a transaction, each with a line in the audit trail.

    Args:
        at: now, aware UTC. limit: names of this call at most.

    Returns:
        how many were written.

    Effects: tables ``subject_name`` (``key``, ``form``), ``subject_name_key``, ``audit``.
    """
    with database.read() as session:
        waiting = list(session.execute(select(SubjectName.id).where(_OTHER).limit(limit)).scalars())
    done = 0
    for part in batched(waiting, A_TRANSACTION):
        with database.write() as session:
            # Another process, or an extract of the registry, may have been here meanwhile.
            query = select(SubjectName).where(SubjectName.id.in_(part), _OTHER).order_by(SubjectName.id)
            rows = session.execute(query.with_for_update()).scalars().all()
            if not rows:
                continue
            before = sorted({row.form for row in rows})
            write_several(session, rows)
            detail: dict[str, object] = {"names": len(rows), "from": before, "to": FORM}
            audit.append(
                session, actor=ACTOR, action="subject.names-renewed", object_type="subject_name",
                object_id=rows[-1].id, detail=detail, at=at,
            )  # fmt: skip
            done += len(rows)
    return done
