"""Quarantine: rows that were not understood, kept with field and reason, used for nothing."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors.row import Quarantined
from kernel import audit
from kernel.crypto import canonical_json, sha256_hex
from kernel.models import LinkedFault

OPEN, AGAIN, DONE, DISMISSED = "open", "again", "done", "dismissed"
WAITING = (OPEN, AGAIN)
SEEN_OFTEN = 4


def put(session: Session, system: str, found: Quarantined, *, source: str, at: datetime) -> bool:
    """Put a row into quarantine. The same row again is counted and not kept twice.

    Args:
        source: where it came from: ``pull``, ``webhook``, or the name of a file.

    Returns:
        True when it was not there yet.

    Effects: table ``linked_fault``.
    """
    problems = [problem.as_dict() for problem in found.problems]
    digest = sha256_hex(canonical_json([found.key, found.version, problems, dict(found.kept)]))
    query = select(LinkedFault).where(LinkedFault.system == system, LinkedFault.digest == digest)
    known = session.execute(query).scalar_one_or_none()
    if known is not None:
        known.times += 1
        known.last_at = at
        if known.state != DISMISSED:
            known.state, known.closed_at, known.closed_by = OPEN, None, ""
        return False
    session.add(
        LinkedFault(
            system=system,
            key=found.key,
            version=found.version,
            source=source[:100],
            problems=problems,
            row=dict(found.kept),
            digest=digest,
            times=1,
            first_at=at,
            last_at=at,
            state=OPEN,
            closed_by="",
        )
    )
    session.flush()
    return True


def close(session: Session, system: str, versions: dict[str, int], *, at: datetime) -> int:
    """Close what is open of records that were now understood in this version or a later one.

    Returns:
        how many were closed.

    Effects: table ``linked_fault``.
    """
    if not versions:
        return 0
    query = select(LinkedFault).where(
        LinkedFault.system == system, LinkedFault.state.in_(WAITING), LinkedFault.key.in_(versions)
    )
    closed = 0
    for row in session.execute(query).scalars():
        if row.version <= versions[row.key]:
            row.state, row.closed_at, row.closed_by = DONE, at, "system:linked"
            closed += 1
    return closed


def versions_of(session: Session, system: str) -> dict[str, int]:
    """The highest version of each record that lies in open quarantine."""
    query = select(LinkedFault.key, LinkedFault.version).where(
        LinkedFault.system == system, LinkedFault.state.in_(WAITING), LinkedFault.key != ""
    )
    found: dict[str, int] = {}
    for key, version in session.execute(query):
        found[key] = max(version, found.get(key, 0))
    return found


def seen_seldom(session: Session, system: str) -> set[str]:
    """Keys of open rows that came a few times only."""
    query = select(LinkedFault.key).where(
        LinkedFault.system == system, LinkedFault.state == OPEN, LinkedFault.times < SEEN_OFTEN, LinkedFault.key != ""
    )
    return set(session.execute(query).scalars())


def try_again(session: Session, found: LinkedFault, *, actor: str, at: datetime) -> bool:
    """An officer asks for the record once more: the next turn fetches it from the system by its key.

    Returns:
        False when the row has no key that could be read, or does not wait.

    Effects: tables ``linked_fault``, ``audit``.
    """
    if not found.key or found.state not in WAITING:
        return False
    found.state = AGAIN
    detail = {"system": found.system, "key": found.key}
    audit.append(
        session,
        actor=actor,
        action="linked.fault-again",
        at=at,
        object_type="linked_fault",
        object_id=found.id,
        detail=detail,
    )
    return True


def asked_again(session: Session, system: str, limit: int) -> list[str]:
    """Keys of records that officers asked for once more."""
    query = select(LinkedFault.key).where(LinkedFault.system == system, LinkedFault.state == AGAIN).distinct()
    return list(session.execute(query.order_by(LinkedFault.key).limit(limit)).scalars())


def dismiss(session: Session, fault: LinkedFault, *, actor: str, reason: str, at: datetime) -> None:
    """An officer says that a row need not be understood. Effects: tables ``linked_fault``, ``audit``."""
    fault.state, fault.closed_at, fault.closed_by = DISMISSED, at, actor
    audit.append(
        session,
        actor=actor,
        action="linked.fault-dismiss",
        at=at,
        object_type="linked_fault",
        object_id=fault.id,
        detail={"system": fault.system, "key": fault.key, "reason": reason},
    )
