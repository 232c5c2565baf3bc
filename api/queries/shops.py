"""Shops: the list, and one shop with its licence facts, hits, listings and visits."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.facts import ShownFact, read_facts
from api.queries.hits import HitFilter, HitRow, list_hits
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, cut
from api.queries.subjects import Runner, read_runner
from kernel.models import Listing, RuleHit, Shop, Visit
from kernel.models.rule_hit import OPEN_HITS

VISITS_SHOWN = 20
LISTINGS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ShopRow:
    """A shop with the figures of its line."""

    shop: Shop
    listings: int
    open_hits: int


@dataclass(frozen=True, slots=True)
class ShopDetail:
    """All that one shop's page shows."""

    shop: Shop
    facts: tuple[ShownFact, ...]
    hits: Slice[HitRow]
    listings: tuple[Listing, ...]
    listing_total: int
    visits: tuple[Visit, ...]
    runner: Runner


@dataclass(frozen=True, slots=True)
class ShopFilter:
    """What to list; empty means any. ``text`` is looked for in name, host, seller and code."""

    status: str = ""
    platform: str = ""
    text: str = ""


def list_shops(
    session: Session, scope: Scope, wanted: ShopFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[ShopRow]:
    """Shops, newest first."""
    listing_count = select(func.count(Listing.id)).where(Listing.shop_id == Shop.id).scalar_subquery()
    hit_count = (
        select(func.count(RuleHit.id)).where(RuleHit.shop_id == Shop.id, RuleHit.state.in_(OPEN_HITS)).scalar_subquery()
    )
    query = select(Shop, listing_count, hit_count).where(allowed(scope, Permission.SHOP_READ))
    if wanted.status:
        query = query.where(Shop.status == wanted.status)
    if wanted.platform:
        query = query.where(Shop.platform == wanted.platform)
    if wanted.text:
        columns = (Shop.name, Shop.host, Shop.seller_name, Shop.seller_code)
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    rows, total, next_before = cut(session, query, Shop.id, before=before, limit=limit)
    return Slice(tuple(ShopRow(*row) for row in rows), total, next_before)


def find_shop(session: Session, scope: Scope, shop_id: int) -> Shop:
    """One shop's own row.

    Raises:
        NotFoundError: no such shop, or not this reader's.
    """
    query = select(Shop).where(Shop.id == shop_id, allowed(scope, Permission.SHOP_READ))
    return require(session.execute(query).scalar_one_or_none(), "a shop", "店铺列表")


def read_shop(session: Session, scope: Scope, shop_id: int) -> ShopDetail:
    """One shop with all that its page shows.

    Raises:
        NotFoundError: no such shop, or not this reader's.
    """
    shop = find_shop(session, scope, shop_id)
    listings = select(Listing).where(Listing.shop_id == shop_id, allowed(scope, Permission.LISTING_READ))
    total = session.execute(select(func.count()).select_from(listings.subquery())).scalar_one()
    newest = session.execute(listings.order_by(Listing.updated_at.desc(), Listing.id).limit(LISTINGS_SHOWN)).scalars()
    visits = select(Visit).where(Visit.shop_id == shop_id).order_by(Visit.id.desc()).limit(VISITS_SHOWN)
    return ShopDetail(
        shop=shop,
        facts=read_facts(session, shop_id=shop_id, listing_id=None),
        hits=list_hits(session, scope, HitFilter(shop_id=shop_id)),
        listings=tuple(newest),
        listing_total=total,
        visits=tuple(session.execute(visits).scalars()),
        runner=read_runner(session, scope, shop_id),
    )
