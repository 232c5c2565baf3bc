"""Figures of the first page; each is the length of a list that a link opens."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import counts
from kernel.models import Evidence, Job, Listing, Page, RuleHit, Shop, User
from kernel.models.rule_hit import OPEN_HITS

SHOPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures by value; a figure the reader may not see is an empty mapping.

    Attributes:
        hits_by_shop: id, name and open hits of the shops with most.
    """

    shops: dict[str, int] = field(default_factory=dict)
    listings: dict[str, int] = field(default_factory=dict)
    hits_by_rule: dict[str, int] = field(default_factory=dict)
    hits_by_state: dict[str, int] = field(default_factory=dict)
    hits_by_severity: dict[str, int] = field(default_factory=dict)
    hits_by_shop: tuple[tuple[int, str, int], ...] = ()
    evidence: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    users: int = 0
    last_visit_at: datetime | None = None


def read_overview(session: Session, scope: Scope) -> Overview:
    """All figures under the reader's scope."""
    open_hits = RuleHit.state.in_(OPEN_HITS)
    hits = allowed(scope, Permission.HIT_READ)
    shops = allowed(scope, Permission.SHOP_READ)
    return Overview(
        shops=counts(session, Shop.status, shops),
        listings=counts(session, Listing.state, allowed(scope, Permission.LISTING_READ)),
        hits_by_rule=counts(session, RuleHit.rule_id, hits, open_hits),
        hits_by_state=counts(session, RuleHit.state, hits),
        hits_by_severity=counts(session, RuleHit.severity, hits, open_hits),
        hits_by_shop=_by_shop(session, hits & shops & open_hits),
        evidence=counts(session, Evidence.state, evidence_visible(scope)),
        jobs=counts(session, Job.state, allowed(scope, Permission.JOB_READ)),
        pages=session.execute(select(func.count(Page.id)).where(shops)).scalar_one(),
        users=session.execute(select(func.count(User.id)).where(allowed(scope, Permission.USER_MANAGE))).scalar_one(),
        last_visit_at=session.execute(select(func.max(Shop.last_visited_at)).where(shops)).scalar_one(),
    )


def _by_shop(session: Session, wanted: ColumnElement[bool]) -> tuple[tuple[int, str, int], ...]:
    number = func.count(RuleHit.id)
    query = select(Shop.id, Shop.name, Shop.host, number).join(RuleHit, RuleHit.shop_id == Shop.id).where(wanted)
    query = query.group_by(Shop.id, Shop.name, Shop.host).order_by(number.desc(), Shop.id).limit(SHOPS_SHOWN)
    return tuple((shop, name or host, count) for shop, name, host, count in session.execute(query).all())
