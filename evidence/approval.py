"""Approvals: evidence for a case is sealed only when two officers, each in force, have approved it.

What is captured for a case waits in the state ``captured``. Nothing here can be skipped by the order
of calls: :func:`ground_of` counts anew at the moment of the seal.

Spec: 行政处罚法 (2021) 第42条 (not fewer than two officers, who show their certificates).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import authorisation, custody, mandate, officer
from evidence.errors import (
    ApprovalMissingError,
    ApprovalStateError,
    EvidenceError,
    OfficerTwiceError,
    SameAccountError,
)
from evidence.intake import CAPTURED
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.models import Approval, Authorisation, Evidence, Officer

LEAST_OFFICERS = 2


@dataclass(frozen=True, slots=True)
class Approved:
    """One officer's approval, as it goes into the sealed record."""

    name: str
    certificate_number: str
    unit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ground:
    """On what ground evidence is sealed.

    Attributes:
        kind: ``case`` or ``task``. number, basis, issued_by: of the authorisation. case_number: empty for a task.
        officers: who approved, in the order of their approvals; at least two for a case.
    """

    kind: str
    number: str
    basis: str
    issued_by: str
    valid_from: datetime
    valid_to: datetime
    case_number: str
    officers: tuple[Approved, ...]


def require_separate(captured_by: str, sealed_by: str) -> None:
    """Nobody both captures and seals.

    Raises:
        SameAccountError: one account would.
    """
    if not captured_by or not sealed_by or captured_by == sealed_by:
        raise SameAccountError(
            f"expected two accounts to capture and to seal, got {captured_by!r} and {sealed_by!r}",
            hint="取证与封存须由不同账号完成 capture and seal with different accounts.",
        )


def require_waiting(evidence: Evidence | None) -> Evidence:
    """Evidence that officers can approve.

    Raises:
        ApprovalStateError: nothing to approve.
    """
    if evidence is None or evidence.state != CAPTURED or not evidence.case_number:
        state = "unknown" if evidence is None else evidence.state
        raise ApprovalStateError(
            f"expected captured evidence of a case, got state {state}",
            hint="只有为案件取得、尚未封存的材料需要审批 only captures for a case, before their seal; "
            "编号见 numbers: wangjian evidence list",
        )
    return evidence


def approve(session: Session, evidence_id: str, *, account: str, at: datetime) -> Approval:
    """An officer approves the seal of evidence for a case.

    Args:
        session: a write session. account: with which the officer signed in. at: aware UTC.

    Returns:
        the approval; it is in the session, not committed.

    Raises:
        ApprovalStateError: nothing to approve. OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: not
            this officer. OfficerTwiceError: again the same. AuthorisationMissingError, AuthorisationRevokedError,
            AuthorisationExpiredError: no ground.

    Effects: tables ``approval``, ``custody_event``, ``audit``.
    """
    evidence = require_waiting(session.get(Evidence, evidence_id, with_for_update=True))
    person = officer.require(officer.find(session, account), at)
    ground = mandate.of_case(session, evidence.case_number, at)
    for _, earlier, under in _rows(session, evidence_id):
        if earlier.id == person.id and under.id == ground.id:
            raise OfficerTwiceError(
                f"expected another officer, {person.certificate_number} has approved already",
                hint="须由另一名持证人员审批 another officer has to approve.",
            )
    row = Approval(evidence_id=evidence_id, authorisation_id=ground.id, officer_id=person.id, at=as_utc(at))
    session.add(row)
    detail = {
        "authorisation": ground.number,
        "case_number": evidence.case_number,
        "certificate_number": person.certificate_number,
        "name": person.name,
        "unit": person.unit,
    }
    captured = [event.object_sha256 for event in custody.events(session, evidence_id) if event.action == CAPTURED]
    custody.append(
        session,
        evidence_id=evidence_id,
        action="approved",
        actor=account,
        purpose=evidence.purpose,
        # What was approved: the record of the capture, and through it all that was captured.
        object_sha256=captured[-1] if captured else "",
        detail=detail,
        at=at,
    )
    audit.append(
        session, actor=account, action="evidence.approve", object_type="evidence", object_id=evidence_id,
        detail=detail, at=at,
    )  # fmt: skip
    session.flush()
    return row


def _rows(session: Session, evidence_id: str) -> list[tuple[Approval, Officer, Authorisation]]:
    query = (
        select(Approval, Officer, Authorisation)
        .join(Officer, Officer.id == Approval.officer_id)
        .join(Authorisation, Authorisation.id == Approval.authorisation_id)
        .where(Approval.evidence_id == evidence_id)
        .order_by(Approval.at, Approval.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def given(session: Session, evidence_id: str) -> list[tuple[Approval, Officer, Authorisation]]:
    """Every approval with its officer and its authorisation, oldest first."""
    return _rows(session, evidence_id)


def is_ready(session: Session, evidence: Evidence, at: datetime) -> bool:
    """Whether captured evidence may be sealed as far as people are concerned."""
    try:
        ground_of(session, evidence, at)
    except EvidenceError:
        return False
    return True


def ground_of(session: Session, evidence: Evidence, at: datetime) -> Ground | None:
    """On what ground evidence may be sealed now.

    For a case only approvals count whose officer is still in force, all under one authorisation that is. Without a
    case the standing task is the ground, or nothing is where none was entered.

    Raises:
        ApprovalMissingError: fewer than two different officers. AuthorisationRevokedError,
            AuthorisationExpiredError: what they approved under no longer holds.
    """
    at = as_utc(at)
    if not evidence.case_number:
        task = mandate.of_task(session, at)
        return _ground(task, ()) if task is not None else None
    grounds: dict[int, Authorisation] = {}
    officers: dict[int, dict[str, Approved]] = {}
    for row, person, under in _rows(session, evidence.id):
        grounds[under.id] = under
        if _counts(row, person, under, at):
            one = Approved(person.name, person.certificate_number, person.unit, row.at)
            officers.setdefault(under.id, {})[person.certificate_number] = one
    full = [key for key, people in officers.items() if len(people) >= LEAST_OFFICERS]
    if not full:
        number = max((len(people) for people in officers.values()), default=0)
        raise ApprovalMissingError(
            f"expected {LEAST_OFFICERS} officers in force to approve evidence for case {evidence.case_number}, "
            f"got {number}",
            hint="由两名持证人员在证据页审批 two officers approve on the page of the evidence.",
        )
    chosen = full[-1]
    mandate.require(grounds[chosen], at)
    return _ground(grounds[chosen], tuple(officers[chosen].values()))


def _counts(row: Approval, person: Officer, under: Authorisation, at: datetime) -> bool:
    in_force = person.revoked_at is None or person.revoked_at > at
    return in_force and person.valid_from <= row.at <= person.valid_to and under.valid_from <= row.at <= under.valid_to


def _ground(row: Authorisation, officers: tuple[Approved, ...]) -> Ground:
    return Ground(
        row.kind, row.number, row.basis, row.issued_by, row.valid_from, row.valid_to, row.case_number, officers
    )


def record(ground: Ground, captured_by: str, sealed_by: str) -> authorisation.Authorisation:
    """A ground as it goes into the package (``meta/authority.json``).

    Args:
        captured_by, sealed_by: accounts.
    """
    return authorisation.Authorisation(
        kind=ground.kind,
        number=ground.number,
        basis=ground.basis,
        issued_by=ground.issued_by,
        valid_from=iso(ground.valid_from),
        valid_to=iso(ground.valid_to),
        captured_by=captured_by,
        sealed_by=sealed_by,
        case_number=ground.case_number,
        officers=tuple(
            authorisation.Approval(one.name, one.certificate_number, one.unit, iso(one.at)) for one in ground.officers
        ),
    )


def describe(ground: Ground) -> dict[str, object]:
    """A ground as JSON-ready values for records of custody and audit."""
    return {
        "authorisation": ground.number,
        "case_number": ground.case_number,
        "officers": [f"{one.name} {one.certificate_number} {iso(one.at)}" for one in ground.officers],
    }
