"""Evidence: the list with filters, one piece with its custody chain."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import Session

from api.errors import ConflictError
from api.policy import Scope
from api.queries.presence import require
from api.queries.scope import evidence_visible
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from evidence.approval import LEAST_OFFICERS, given
from kernel.models import Approval, CustodyEvent, Evidence, Listing, RuleHit, Shop


@dataclass(frozen=True, slots=True)
class EvidenceFilter:
    """What to list; empty means any. ``text`` is looked for in the address and the root hash.

    Attributes:
        case_number: its beginning. waiting: ``officers`` for what fewer than two have approved.
    """

    state: str = ""
    reason: str = ""
    completeness: str = ""
    trust: str = ""
    text: str = ""
    case_number: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """Evidence with its shop, where it has one."""

    evidence: Evidence
    shop: Shop | None


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One officer's approval of the seal."""

    name: str
    certificate_number: str
    unit: str
    authorisation: str
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EvidenceDetail:
    """All the records that one piece of evidence's page shows."""

    evidence: Evidence
    shop: Shop | None
    listing: Listing | None
    hits: tuple[RuleHit, ...]
    custody: tuple[CustodyEvent, ...]
    approvals: tuple[ApprovalRow, ...]

    def chain(self) -> tuple[tuple[CustodyEvent, ...], ...]:
        """The custody events one by one, those of the running hash that follow one another as one group."""
        groups = groupby(self.custody, lambda event: 0 if event.action == "checkpoint" else event.seq)
        return tuple(tuple(group) for _, group in groups)

    def waits_for_officers(self) -> bool:
        """Captured for a case, and fewer than two have approved the seal."""
        row = self.evidence
        people = {one.certificate_number for one in self.approvals}
        return bool(row.case_number) and row.state == "captured" and len(people) < LEAST_OFFICERS


def _lacks_officers() -> ColumnElement[bool]:
    """Captured for a case and approved by fewer than two. Whether these are still in force the seal asks anew."""
    officers = select(func.count(Approval.officer_id.distinct())).where(Approval.evidence_id == Evidence.id)
    waits = (Evidence.state == "captured") & (Evidence.case_number != "")
    return waits & (officers.scalar_subquery() < LEAST_OFFICERS)


def _query(scope: Scope) -> Select[Evidence, Shop]:
    return select(Evidence, Shop).outerjoin(Shop, Shop.id == Evidence.shop_id).where(evidence_visible(scope))


def list_evidence(
    session: Session, scope: Scope, wanted: EvidenceFilter, *, before: str | None = None, limit: int = PAGE_SIZE
) -> Slice[EvidenceRow]:
    """Evidence, newest order first (ids sort by time)."""
    query = _query(scope)
    query = narrowed(
        query,
        (Evidence.state, wanted.state),
        (Evidence.reason, wanted.reason),
        (Evidence.completeness, wanted.completeness),
        (Evidence.trust, wanted.trust),
    )
    if wanted.case_number:
        query = query.where(Evidence.case_number.istartswith(wanted.case_number.strip(), autoescape=True))
    if wanted.waiting:
        query = query.where(_lacks_officers() if wanted.waiting == "officers" else false())
    if wanted.text:
        query = query.where(
            Evidence.url.icontains(wanted.text, autoescape=True) | Evidence.root_sha256.startswith(wanted.text.lower())
        )
    rows, total, next_before = cut(session, query, Evidence.id, before=before, limit=limit)
    return Slice(tuple(EvidenceRow(*row) for row in rows), total, next_before)


def evidence_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How much evidence there is by state, reason, completeness and trust, and how much waits for officers."""
    seen = evidence_visible(scope)
    columns = {
        "state": Evidence.state,
        "reason": Evidence.reason,
        "completeness": Evidence.completeness,
        "trust": Evidence.trust,
    }
    found = {
        name: {value: number for value, number in counts(session, column, seen).items() if value}
        for name, column in columns.items()
    }
    waiting = session.execute(select(func.count(Evidence.id)).where(seen, _lacks_officers())).scalar_one()
    return {**found, "waiting": {"officers": waiting} if waiting else {}}


def find_evidence(session: Session, scope: Scope, evidence_id: str) -> Evidence:
    """The row alone.

    Raises:
        NotFoundError: no such evidence, or not this reader's.
    """
    row = session.execute(_query(scope).where(Evidence.id == evidence_id)).one_or_none()
    evidence: Evidence = require(row, "evidence", "证据列表")[0]
    return evidence


def find_sealed(session: Session, scope: Scope, evidence_id: str) -> Evidence:
    """The row, when it is sealed.

    Raises:
        NotFoundError: as above. ConflictError: it is not sealed yet, so it is no evidence.
    """
    row = find_evidence(session, scope, evidence_id)
    if row.state == "deleted":
        raise ConflictError("expected sealed evidence, got deleted evidence", hint="保存期满后已销毁，仅存销毁证明。")
    if row.state != "sealed":
        raise ConflictError(
            f"expected sealed evidence, got state {row.state}", hint="尚未封存的材料不是证据，不能校验、回放或导出。"
        )
    return row


def read_evidence(session: Session, scope: Scope, evidence_id: str) -> EvidenceDetail:
    """One piece of evidence with its records.

    Raises:
        NotFoundError: no such evidence, or not this reader's.
    """
    evidence = find_evidence(session, scope, evidence_id)
    hits = select(RuleHit).where(RuleHit.evidence_id == evidence_id).order_by(RuleHit.id)
    custody = select(CustodyEvent).where(CustodyEvent.evidence_id == evidence_id).order_by(CustodyEvent.seq)
    return EvidenceDetail(
        evidence=evidence,
        shop=session.get(Shop, evidence.shop_id) if evidence.shop_id else None,
        listing=session.get(Listing, evidence.listing_id) if evidence.listing_id else None,
        hits=tuple(session.execute(hits).scalars()),
        custody=tuple(session.execute(custody).scalars()),
        approvals=tuple(
            ApprovalRow(person.name, person.certificate_number, person.unit, under.number, person.account, row.at)
            for row, person, under in given(session, evidence_id)
        ),
    )


def find_for_replay(session: Session, evidence_id: str) -> Evidence:
    """The row behind a replay token, which was only given to somebody who may see it.

    Raises:
        NotFoundError: no such sealed evidence.
    """
    row = session.get(Evidence, evidence_id)
    return require(row if row is not None and row.state == "sealed" else None, "sealed evidence")
