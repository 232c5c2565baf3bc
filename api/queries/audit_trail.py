"""The audit trail as a list."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, cut, narrowed
from kernel.models import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list; empty means any."""

    actor: str = ""
    action: str = ""
    object_type: str = ""
    object_id: str = ""


def list_audit(
    session: Session, scope: Scope, wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[AuditEntry]:
    """Entries, newest first."""
    query = select(AuditEntry).where(allowed(scope, Permission.AUDIT_READ))
    query = narrowed(
        query,
        (AuditEntry.actor, wanted.actor),
        (AuditEntry.action, wanted.action),
        (AuditEntry.object_type, wanted.object_type),
        (AuditEntry.object_id, wanted.object_id),
    )
    rows, total, next_before = cut(session, query, AuditEntry.seq, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, next_before)
