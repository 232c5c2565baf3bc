"""Cases: the list, one case with its evidence and lead."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from kernel import working_days
from kernel.models import AuditEntry, CaseFile, Evidence, RuleHit, Shop
from supervision.case_file import STEPS


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What to list; empty means any. ``text``: in number or title."""

    state: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One case.

    Attributes:
        steps: states that may follow. guessed: years of the deadline whose holidays nobody entered.
        evidence: of its number or its lead, as far as the reader may see it.
    """

    row: CaseFile
    hit: RuleHit | None
    shop: Shop | None
    evidence: tuple[Evidence, ...]
    steps: tuple[str, ...]
    history: tuple[AuditEntry, ...]
    guessed: tuple[int, ...]


def list_cases(
    session: Session, scope: Scope, wanted: CaseFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[CaseFile]:
    """Cases, newest first."""
    query = select(CaseFile).where(allowed(scope, Permission.CASE_READ))
    query = narrowed(query, (CaseFile.state, wanted.state))
    if wanted.text:
        text = wanted.text.strip()
        query = query.where(
            or_(CaseFile.number.icontains(text, autoescape=True), CaseFile.title.icontains(text, autoescape=True))
        )
    rows, total, following = cut(session, query, CaseFile.id, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, following)


def case_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are in each state."""
    return {"state": counts(session, CaseFile.state, allowed(scope, Permission.CASE_READ))}


def find_case(session: Session, scope: Scope, case_id: int) -> CaseFile:
    """One case's own row.

    Raises:
        NotFoundError: no such case, or not this reader's.
    """
    query = select(CaseFile).where(CaseFile.id == case_id, allowed(scope, Permission.CASE_READ))
    return require(session.execute(query).scalar_one_or_none(), "a case", "案件列表")


def read_case(session: Session, scope: Scope, case_id: int) -> CaseDetail:
    """One case with all that its page shows.

    Raises:
        NotFoundError: no such case, or not this reader's.
    """
    row = find_case(session, scope, case_id)
    hit = session.get(RuleHit, row.hit_id) if row.hit_id else None
    named = [hit.evidence_id] if hit is not None and hit.evidence_id else []
    evidence = select(Evidence).where(
        or_(Evidence.case_number == row.number, Evidence.id.in_(named)), evidence_visible(scope)
    )
    history = select(AuditEntry).where(AuditEntry.object_type == "case", AuditEntry.object_id == str(row.id))
    return CaseDetail(
        row=row,
        hit=hit if scope.may(Permission.HIT_READ) else None,
        shop=session.get(Shop, row.shop_id) if row.shop_id else None,
        evidence=tuple(session.execute(evidence.order_by(Evidence.id)).scalars()),
        steps=STEPS[row.state],
        history=tuple(session.execute(history.order_by(AuditEntry.seq)).scalars()),
        guessed=working_days.unknown_years(row.due_on, row.due_on) if row.due_on else (),
    )


def cases_of_hit(session: Session, scope: Scope, hit_id: int) -> tuple[CaseFile, ...]:
    """Cases that began with a lead."""
    query = select(CaseFile).where(CaseFile.hit_id == hit_id, allowed(scope, Permission.CASE_READ))
    return tuple(session.execute(query.order_by(CaseFile.id)).scalars())
