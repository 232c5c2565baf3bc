"""Rule hits: the list with filters, one hit with its surroundings, and an officer's decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.errors import ConflictError, InputError
from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from api.row_number import RowNumber
from kernel import audit
from kernel.models import AuditEntry, Evidence, FactVersion, Listing, OutboxEntry, Page, RuleHit, Shop
from kernel.models.rule_hit import OPEN_HITS
from supervision.rules.rule import Bilingual
from supervision.rules.rule_catalogue import load_catalogue

DECISIONS = {"confirmed": "hit.confirm", "dismissed": "hit.dismiss", "new": "hit.reopen"}
MAX_REASON = 1_000
MAX_AT_ONCE = 200
CONTEXT_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class HitFilter:
    """What to list; empty means any. ``state`` may be ``open``: new or confirmed."""

    rule: str = ""
    severity: str = ""
    state: str = ""
    shop_id: RowNumber | None = None
    listing_id: RowNumber | None = None


@dataclass(frozen=True, slots=True)
class HitRow:
    """A hit with what it is about. ``evidence_id`` is empty when the reader may not see that evidence."""

    hit: RuleHit
    shop: Shop
    listing: Listing | None
    page: Page
    evidence_id: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The quoted piece of a fact with a little text on either side."""

    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class SameFactHit:
    """A hit of another rule on the same fact, with what an officer should know of the two."""

    hit: RuleHit
    note: Bilingual


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decided on a hit, from the audit trail."""

    actor: str
    at: datetime
    action: str
    reason: str


def _query(scope: Scope, wanted: HitFilter) -> Select[RuleHit, Shop, Listing, Page, str | None]:
    visible = select(Evidence.id).where(Evidence.id == RuleHit.evidence_id, evidence_visible(scope)).scalar_subquery()
    query = (
        select(RuleHit, Shop, Listing, Page, visible)
        .join(Shop, Shop.id == RuleHit.shop_id)
        .join(Page, Page.id == RuleHit.page_id)
        .outerjoin(Listing, Listing.id == RuleHit.listing_id)
        .where(allowed(scope, Permission.HIT_READ))
    )
    query = narrowed(
        query,
        (RuleHit.rule_id, wanted.rule),
        (RuleHit.severity, wanted.severity),
        (RuleHit.state, wanted.state if wanted.state != "open" else ""),
    )
    if wanted.state == "open":
        query = query.where(RuleHit.state.in_(OPEN_HITS))
    if wanted.shop_id is not None:
        query = query.where(RuleHit.shop_id == wanted.shop_id)
    if wanted.listing_id is not None:
        query = query.where(RuleHit.listing_id == wanted.listing_id)
    return query


def _row(values: Iterable[object]) -> HitRow:
    hit, shop, listing, page, evidence_id = values
    return HitRow(hit, shop, listing, page, str(evidence_id or ""))  # type: ignore[arg-type]


def list_hits(
    session: Session, scope: Scope, wanted: HitFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[HitRow]:
    """Hits, newest first."""
    rows, total, next_before = cut(session, _query(scope, wanted), RuleHit.id, before=before, limit=limit)
    return Slice(tuple(_row(row) for row in rows), total, next_before)


def hit_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many hits there are by rule, severity and state."""
    seen = allowed(scope, Permission.HIT_READ)
    states = counts(session, RuleHit.state, seen)
    still_open = sum(states.get(state, 0) for state in OPEN_HITS)
    return {
        "rule": counts(session, RuleHit.rule_id, seen),
        "severity": counts(session, RuleHit.severity, seen),
        "state": {**({"open": still_open} if still_open else {}), **states},
    }


def read_hit(session: Session, scope: Scope, hit_id: int) -> HitRow:
    """One hit.

    Raises:
        NotFoundError: no such hit, or not this reader's.
    """
    query = _query(scope, HitFilter()).where(RuleHit.id == hit_id)
    return _row(require(session.execute(query).one_or_none(), "a rule hit", "线索列表"))


def quotes_of(session: Session, rows: Iterable[HitRow]) -> dict[int, Quote]:
    """The quoted text of each hit inside the fact it was read from, by hit id."""
    wanted = {row.hit.id: row.hit for row in rows}
    query = (
        select(RuleHit.id, FactVersion.raw)
        .join(
            FactVersion,
            (FactVersion.shop_id == RuleHit.shop_id)
            & (FactVersion.field == RuleHit.field)
            & (FactVersion.locator == RuleHit.locator)
            & FactVersion.listing_id.is_not_distinct_from(RuleHit.listing_id),
        )
        .where(RuleHit.id.in_(wanted))
    )
    result = {number: Quote("", hit.quote, "") for number, hit in wanted.items()}
    for number, raw in session.execute(query).all():
        hit = wanted[number]
        if raw[hit.quote_start : hit.quote_end] == hit.quote and hit.quote:
            start = max(0, hit.quote_start - CONTEXT_CHARACTERS)
            end = hit.quote_end + CONTEXT_CHARACTERS
            result[number] = Quote(raw[start : hit.quote_start], hit.quote, raw[hit.quote_end : end])
    return result


def same_facts(session: Session, scope: Scope, rows: Iterable[HitRow]) -> dict[int, tuple[SameFactHit, ...]]:
    """Hits of other rules that tell of the same fact of the same shop, by hit id; only of hits that have such."""
    catalogue = load_catalogue()
    wanted = {row.hit.id: (row.hit, catalogue.same_fact(row.hit.rule_id, _reason(row.hit))) for row in rows}
    wanted = {number: (hit, others) for number, (hit, others) in wanted.items() if others}
    if not wanted:
        return {}
    query = select(RuleHit).where(
        RuleHit.shop_id.in_({hit.shop_id for hit, _ in wanted.values()}),
        RuleHit.rule_id.in_({rule for _, others in wanted.values() for rule, _, _ in others}),
        RuleHit.state != "gone",
        allowed(scope, Permission.HIT_READ),
    )
    found = session.execute(query.order_by(RuleHit.id)).scalars().all()
    result = {}
    for number, (hit, others) in wanted.items():
        notes = {(rule, reason): note for rule, reason, note in others}
        same = [one for one in found if one.shop_id == hit.shop_id and (one.rule_id, _reason(one)) in notes]
        if same:
            result[number] = tuple(SameFactHit(one, notes[one.rule_id, _reason(one)]) for one in same)
    return result


def _reason(hit: RuleHit) -> str:
    return str(hit.explanation.get("reason", ""))


def decisions_of(session: Session, hit_ids: Iterable[int]) -> dict[int, Decision]:
    """The newest decision on each hit, from the audit trail."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.object_type == "rule_hit", AuditEntry.object_id.in_([str(number) for number in hit_ids]))
        .where(AuditEntry.action.in_(DECISIONS.values()))
        .order_by(AuditEntry.seq)
    )
    return {
        int(entry.object_id): Decision(entry.actor, entry.at, entry.action, str(entry.detail.get("reason", "")))
        for entry in session.execute(query).scalars()
    }


def decide(session: Session, scope: Scope, hit_id: int, *, decision: str, reason: str, at: datetime) -> HitRow:
    """Confirm a hit as a lead, dismiss it, or open it again, with a reason.

    Args:
        session: a write session.
        decision: ``confirmed``, ``dismissed`` or ``new``.
        reason: in words, 1 to 1,000 characters.

    Raises:
        InputError: unknown decision, or no reason.
        ConflictError: the hit is gone from the page.
        NotFoundError: no such hit.

    Effects: tables ``rule_hit``, ``outbox``, ``audit``.
    """
    reason = _checked(decision, reason)
    row = read_hit(session, scope, hit_id)
    if row.hit.state == "gone":
        raise ConflictError("expected a hit that stands, got one that is gone", hint="页面上已无此内容，无需处理。")
    _settle(session, scope, row.hit, decision, reason=reason, at=at)
    return row


def decide_several(
    session: Session, scope: Scope, hit_ids: Sequence[int], *, decision: str, reason: str, at: datetime
) -> tuple[int, int]:
    """The same decision, for the same reason, on several hits; all or none of those that stand.

    Args:
        hit_ids: 1 to 200. The others: as of :func:`decide`.

    Returns:
        how many were decided, and how many were left because they are gone from their pages.

    Raises:
        InputError: unknown decision, no reason, no hit or too many. NotFoundError: one of them does not exist.

    Effects: as of :func:`decide`, an entry of the audit trail for each.
    """
    reason = _checked(decision, reason)
    wanted = sorted(set(hit_ids))
    if not 1 <= len(wanted) <= MAX_AT_ONCE:
        raise InputError(
            f"expected 1 to {MAX_AT_ONCE} hits, got {len(wanted)}",
            hint="请先勾选要处理的线索。",
            context={"fields": {"hit_id": f"1-{MAX_AT_ONCE}"}},
        )
    query = _query(scope, HitFilter()).where(RuleHit.id.in_(wanted)).order_by(RuleHit.id)
    rows = [_row(values) for values in session.execute(query).all()]
    require(rows if len(rows) == len(wanted) else None, "rule hits", "线索列表")
    standing = [row.hit for row in rows if row.hit.state != "gone"]
    for hit in standing:
        _settle(session, scope, hit, decision, reason=reason, at=at)
    return len(standing), len(rows) - len(standing)


def _checked(decision: str, reason: str) -> str:
    reason = reason.strip()
    if decision not in DECISIONS:
        raise InputError(
            f"expected {', '.join(DECISIONS)}, got {decision!r}", context={"fields": {"decision": "unknown"}}
        )
    if not 1 <= len(reason) <= MAX_REASON:
        raise InputError(
            f"expected a reason of 1 to {MAX_REASON} characters, got {len(reason)}",
            hint="请写明理由。",
            context={"fields": {"reason": f"1-{MAX_REASON}"}},
        )
    return reason


def _settle(session: Session, scope: Scope, hit: RuleHit, decision: str, *, reason: str, at: datetime) -> None:
    detail = {"reason": reason, "from": hit.state, "rule": hit.rule_id}
    hit.state = decision
    if hit.listing_id is not None:
        session.add(OutboxEntry(object_id=hit.listing_id, created_at=at))
    audit.append(
        session, actor=scope.name, action=DECISIONS[decision], object_type="rule_hit", object_id=hit.id,
        detail=detail, at=at,
    )  # fmt: skip
