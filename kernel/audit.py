"""The audit trail: an append-only hash chain of who did what to which object.

Each entry's hash covers the entry and the hash before it, so that a changed, removed or inserted
line breaks the chain from there on.

Spec: GB/T 22239-2019 security audit (protection of audit records).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.clock import iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.db import one_writer
from kernel.models.audit import AuditEntry

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of checking the whole chain; ``first_bad_seq`` is None when ok."""

    ok: bool
    entries: int
    first_bad_seq: int | None


def _digest(entry: AuditEntry) -> str:
    body = {
        "seq": entry.seq,
        "at": iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "detail": entry.detail,
        "prev_hash": entry.prev_hash,
    }
    return sha256_hex(canonical_json(body))


def append(
    session: Session,
    *,
    actor: str,
    action: str,
    at: datetime,
    object_type: str = "",
    object_id: object = "",
    detail: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Add one line, in the caller's transaction.

    Args:
        session: a write session; a second writer waits until the first has committed.
        actor: user name, or ``system:<part>``.
        action: verb with its noun, for example ``evidence.export``.
        at: when, aware UTC.
        object_type: table-like noun.
        object_id: its key.
        detail: JSON values without floats; never secrets.

    Returns:
        the new entry.

    Effects: table ``audit``.
    """
    one_writer(session)
    last = session.execute(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).scalar()
    entry = AuditEntry(
        seq=last.seq + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        detail=dict(detail or {}),
        prev_hash=last.hash if last else GENESIS,
        hash="",
    )
    entry.hash = _digest(entry)
    session.add(entry)
    session.flush()
    return entry


def verify(session: Session) -> AuditCheck:
    """Recompute the whole chain in constant memory."""
    entries = session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()
    expected_seq, prev_hash = 1, GENESIS
    for entry in session.execute(select(AuditEntry).order_by(AuditEntry.seq)).yield_per(500).scalars():
        if entry.seq != expected_seq or entry.prev_hash != prev_hash or entry.hash != _digest(entry):
            return AuditCheck(ok=False, entries=entries, first_bad_seq=expected_seq)
        expected_seq, prev_hash = expected_seq + 1, entry.hash
    return AuditCheck(ok=True, entries=entries, first_bad_seq=None)
