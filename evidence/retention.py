"""Retention: how long evidence is kept, legal holds, and why it may not be deleted yet."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import custody, intake, officer
from evidence.errors import (
    HoldError,
    RetainedCaseError,
    RetainedError,
    RetainedHoldError,
    RetainedStateError,
    RetainedTermError,
)
from evidence.mandate import CASE
from evidence.storage_term import years_after
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.models import Authorisation, Evidence, LegalHold

MAX_REASON = 500
_WAIT = "保存期限届满、案件办结且保全解除后方可申请 only after the term, the case and every hold have ended."


def until(evidence: Evidence, years: int) -> datetime | None:
    """The end of the storage term, or none before the seal. A later, shorter setting does not shorten it.

    Args:
        years: of the settings; they count while the row has no date yet.
    """
    if evidence.retention_until is not None or evidence.sealed_at is None:
        return evidence.retention_until
    return years_after(evidence.sealed_at, years)


def reason_of(text: str) -> str:
    """A reason without outer space.

    Raises:
        HoldError: empty or longer than 500 characters.
    """
    found = text.strip()
    if not 1 <= len(found) <= MAX_REASON:
        raise HoldError(f"expected a reason of 1 to {MAX_REASON} characters, got {len(found)}", hint="请写明理由。")
    return found


def require_officer(session: Session, account: str, at: datetime) -> str:
    """The certificate number of an officer in force.

    Raises:
        OfficerUnknownError, OfficerRevokedError, OfficerExpiredError.
    """
    return officer.require(officer.find(session, account), as_utc(at)).certificate_number


def holds(session: Session, evidence_id: str) -> list[LegalHold]:
    """Every hold on a piece of evidence, oldest first."""
    query = select(LegalHold).where(LegalHold.evidence_id == evidence_id).order_by(LegalHold.id)
    return list(session.execute(query).scalars())


def open_holds(session: Session, evidence_id: str) -> list[LegalHold]:
    """The holds that are not released."""
    return [row for row in holds(session, evidence_id) if row.released_at is None]


def hold(session: Session, evidence_id: str, *, account: str, reason: str, case: str = "", at: datetime) -> LegalHold:
    """An officer holds sealed evidence: it may not be deleted until the hold is released.

    Args:
        session: a write session. account: of the officer. case: number of the case it is held for. at: aware UTC.

    Raises:
        HoldError: not sealed evidence, no reason, or this officer's same hold is there.
        OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: not this officer.

    Effects: tables ``legal_hold``, ``custody_event``, ``audit``; stores that can lock are told soon after.
    """
    evidence = session.get(Evidence, evidence_id, with_for_update=True)
    if evidence is None or evidence.state != intake.SEALED:
        state = "unknown" if evidence is None else evidence.state
        raise HoldError(f"expected sealed evidence to hold, got state {state}", hint="wangjian evidence list")
    reason, case = reason_of(reason), case.strip() or evidence.case_number
    certificate = require_officer(session, account, at)
    for row in open_holds(session, evidence_id):
        if (row.by, row.reason, row.case_number) == (account, reason, case):
            raise HoldError(f"expected a new hold, got the one of {iso(row.at)} again", hint="已保全，无须重复。")
    row = LegalHold(evidence_id=evidence_id, reason=reason, case_number=case, by=account, at=as_utc(at))
    session.add(row)
    session.flush()
    _note(session, evidence, "held", account, reason, {"case": case, "certificate_number": certificate}, at)
    return row


def release(session: Session, evidence_id: str, *, account: str, reason: str, at: datetime) -> list[LegalHold]:
    """An officer releases every hold on a piece of evidence.

    Raises:
        HoldError: there is none, or no reason. OfficerUnknownError, OfficerRevokedError, OfficerExpiredError.

    Effects: tables ``legal_hold``, ``custody_event``, ``audit``; stores that can lock are told soon after.
    """
    evidence = session.get(Evidence, evidence_id, with_for_update=True)
    found = open_holds(session, evidence_id)
    if evidence is None or not found:
        raise HoldError("expected a hold to release, got none", hint="wangjian evidence list")
    reason = reason_of(reason)
    certificate = require_officer(session, account, at)
    for row in found:
        row.released_by, row.released_at, row.release_reason = account, as_utc(at), reason
    detail: dict[str, object] = {"certificate_number": certificate, "holds": [row.id for row in found]}
    _note(session, evidence, "released", account, reason, detail, at)
    return found


def _note(  # noqa: PLR0917 - the parts of one record
    session: Session, evidence: Evidence, action: str, actor: str, reason: str, detail: dict[str, object], at: datetime
) -> None:
    custody.append(
        session, evidence_id=evidence.id, action=action, actor=actor, purpose=reason,
        object_sha256=evidence.root_sha256, detail=detail, at=at,
    )  # fmt: skip
    audit.append(
        session, actor=actor, action=f"evidence.{action}", object_type="evidence", object_id=evidence.id,
        detail={**detail, "reason": reason}, at=at,
    )  # fmt: skip


def is_case_open(session: Session, number: str, at: datetime) -> bool:
    """Whether a case may still need its evidence: an authorisation of it is in force or yet to begin.

    A case that goes on without one is told by a legal hold.
    """
    query = select(Authorisation.id).where(
        Authorisation.kind == CASE,
        Authorisation.case_number == number,
        Authorisation.valid_to >= as_utc(at),
        Authorisation.revoked_at.is_(None),
    )
    return session.execute(query).first() is not None


def require_free(session: Session, evidence: Evidence, at: datetime, years: int) -> None:
    """Whether evidence may be deleted as far as its term, its case and its holds are concerned.

    Raises:
        RetainedStateError: it is not sealed, so it may still wait for approvals, or it is deleted already.
        RetainedTermError, RetainedHoldError, RetainedCaseError.
    """
    if evidence.state != intake.SEALED:
        raise RetainedStateError(f"expected sealed evidence, got state {evidence.state}", hint=_WAIT)
    end = until(evidence, years)
    if end is None or as_utc(at) < end:
        raise RetainedTermError(
            f"expected a storage term that has ended, it ends {iso(end) if end else ''}", hint=_WAIT
        )
    if rows := open_holds(session, evidence.id):
        raise RetainedHoldError(f"expected no legal hold, got one by {rows[0].by}: {rows[0].reason}", hint=_WAIT)
    numbers = {evidence.case_number, *(row.case_number for row in holds(session, evidence.id))} - {""}
    for number in sorted(numbers):
        if is_case_open(session, number, at):
            raise RetainedCaseError(f"expected a closed case, {number} has an authorisation in force", hint=_WAIT)


def why_kept(session: Session, evidence: Evidence, at: datetime, years: int) -> str:
    """The stable code of what forbids a deletion now; empty when nothing does."""
    try:
        require_free(session, evidence, at, years)
    except RetainedError as error:
        return error.code
    return ""
