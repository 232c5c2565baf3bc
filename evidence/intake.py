"""Intake: what is to become evidence, and how far it has come.

``ordered → capturing → captured → sealed``; anything not sealed may fail; what failed may be ordered
again. A capture that was killed goes back to ``ordered``. ``sealed`` is final, until the storage term has ended and
two officers have it ``deleted``.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from evidence import custody
from evidence.errors import EvidenceError, IllegalTransitionError
from kernel.clock import as_utc
from kernel.errors import WangjianError
from kernel.identifiers import new_id
from kernel.models import Approval, Evidence

ORDERED, CAPTURING, CAPTURED, SEALED, FAILED = "ordered", "capturing", "captured", "sealed", "failed"
DELETED = "deleted"
NEXT: Mapping[str, frozenset[str]] = {
    ORDERED: frozenset((CAPTURING, FAILED)),
    CAPTURING: frozenset((CAPTURED, ORDERED, FAILED)),
    CAPTURED: frozenset((SEALED, ORDERED, FAILED)),
    SEALED: frozenset((DELETED,)),
    DELETED: frozenset(),
    FAILED: frozenset((ORDERED,)),
}
REASONS = ("rule", "order")
CUSTODY_STATES = (CAPTURED, SEALED, FAILED)


def order(  # noqa: PLR0913 - the fields of an order, each named by its caller
    session: Session,
    *,
    key: str,
    url: str,
    shop_id: int | None,
    listing_id: int | None,
    reason: str,
    purpose: str,
    actor: str,
    at: datetime,
    case_number: str = "",
) -> Evidence:
    """Order evidence of one page; the same key gives the same row.

    Args:
        session: a write session. key: natural key of the order, at most 64 characters.
        url: the page. reason: ``rule`` or ``order``. purpose: why, in words. actor: user name.
        at: aware UTC. case_number: when it is taken for a case; two officers then approve its seal.

    Returns:
        the row, new (state ``ordered``) or as it stands.

    Raises:
        EvidenceError: an unknown reason or an empty key or address.

    Effects: tables ``evidence``, ``custody_event``.
    """
    if reason not in REASONS or not key or not url:
        raise EvidenceError(f"expected a key, an address and a reason of {REASONS}, got {key!r}, {url!r}, {reason!r}")
    found = session.execute(select(Evidence).where(Evidence.key == key)).scalars().first()
    if found is not None:
        return found
    row = Evidence(
        id=new_id("ev"),
        key=key,
        url=url,
        shop_id=shop_id,
        listing_id=listing_id,
        reason=reason,
        purpose=purpose,
        case_number=case_number,
        ordered_by=actor,
        ordered_at=as_utc(at),
        state=ORDERED,
        attempts=0,
    )
    session.add(row)
    session.flush()
    detail = {"key": key, "reason": reason, "url": url} | ({"case_number": case_number} if case_number else {})
    custody.append(session, evidence_id=row.id, action=ORDERED, actor=actor, purpose=purpose, detail=detail, at=at)
    return row


def transition(
    session: Session,
    evidence: Evidence,
    to: str,
    *,
    actor: str,
    at: datetime,
    object_sha256: str = "",
    detail: Mapping[str, object] | None = None,
) -> Evidence:
    """Move evidence to its next state, and say so in its custody.

    Args:
        to: the next state. object_sha256: digest of what was captured or sealed, hex.
        detail: for the custody event, plain JSON values without floats.

    Raises:
        IllegalTransitionError: the state does not follow; nothing is changed.

    Effects: tables ``evidence``, ``custody_event`` (for captured, sealed, failed), ``approval`` (for ordered again:
    what officers approved is not what will be captured; custody keeps that they did).
    """
    if to not in NEXT.get(evidence.state, frozenset()):
        raise IllegalTransitionError(
            f"expected one of {sorted(NEXT.get(evidence.state, ()))} after {evidence.state}, got {to}",
            context={"evidence_id": evidence.id},
        )
    evidence.state = to
    if to == ORDERED:
        session.execute(delete(Approval).where(Approval.evidence_id == evidence.id))
    if to == CAPTURING:
        evidence.attempts += 1
    if to == CAPTURED:
        evidence.captured_at = as_utc(at)
    if to == SEALED:
        evidence.sealed_at = as_utc(at)
        evidence.retry_at = None
        evidence.last_error_code = evidence.last_error = ""
    if to in CUSTODY_STATES:
        custody.append(
            session,
            evidence_id=evidence.id,
            action=to,
            actor=actor,
            object_sha256=object_sha256,
            detail=detail,
            at=at,
        )
    session.flush()
    return evidence


def defer(session: Session, evidence: Evidence, error: WangjianError, *, retry_at: datetime | None) -> Evidence:
    """Note a failure that is tried again; the state stays (a capture under way goes back to ``ordered``).

    Args:
        error: what failed. retry_at: when the next try is due, aware UTC.

    Effects: table ``evidence``.
    """
    if evidence.state not in {ORDERED, CAPTURING, CAPTURED}:
        raise IllegalTransitionError(f"expected unfinished evidence to be tried again, got {evidence.state}")
    if evidence.state == CAPTURING:
        evidence.state = ORDERED
    if evidence.state == CAPTURED:
        evidence.attempts += 1
    evidence.retry_at = as_utc(retry_at) if retry_at else None
    evidence.last_error_code, evidence.last_error = error.code, " → ".join(filter(None, (error.message, error.hint)))
    session.flush()
    return evidence


def fail(session: Session, evidence: Evidence, error: WangjianError, *, actor: str, at: datetime) -> Evidence:
    """Give up: the error is kept and goes into custody.

    Raises:
        IllegalTransitionError: it is sealed, or failed already.

    Effects: tables ``evidence``, ``custody_event``.
    """
    detail = {"code": error.code, "message": error.message}
    transition(session, evidence, FAILED, actor=actor, at=at, detail=detail)
    evidence.retry_at = None
    evidence.last_error_code, evidence.last_error = error.code, " → ".join(filter(None, (error.message, error.hint)))
    session.flush()
    return evidence
