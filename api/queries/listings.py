"""One listing with all that is known of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.facts import PricePoint, ShownFact, price_points, read_facts, read_history
from api.queries.hits import Decision, HitFilter, HitRow, Quote, decisions_of, list_hits, quotes_of
from api.queries.presence import require
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import MAX_PAGE_SIZE
from kernel.models import Evidence, Listing, Page, RuleHit, Shop
from kernel.models.rule_hit import OPEN_HITS


@dataclass(frozen=True, slots=True)
class ListingDetail:
    """All that one listing's page shows."""

    listing: Listing
    shop: Shop
    facts: tuple[ShownFact, ...]
    history: tuple[ShownFact, ...]
    prices: tuple[PricePoint, ...]
    hits: tuple[HitRow, ...]
    quotes: dict[int, Quote]
    decisions: dict[int, Decision]
    evidence: tuple[Evidence, ...]
    pages: tuple[Page, ...]


def find_listing(session: Session, scope: Scope, listing_id: int) -> tuple[Listing, Shop]:
    """A listing and its shop.

    Raises:
        NotFoundError: no such listing, or not this reader's.
    """
    query = (
        select(Listing, Shop)
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.id == listing_id, allowed(scope, Permission.LISTING_READ))
    )
    row = require(session.execute(query).one_or_none(), "a listing", "搜索结果")
    return row[0], row[1]


def read_listing(session: Session, scope: Scope, listing_id: int) -> ListingDetail:
    """One listing.

    Raises:
        NotFoundError: no such listing, or not this reader's.
    """
    listing, shop = find_listing(session, scope, listing_id)
    history = read_history(session, listing_id)
    hits = list_hits(session, scope, HitFilter(listing_id=listing_id), limit=MAX_PAGE_SIZE).rows
    cited = select(RuleHit.evidence_id).where(RuleHit.listing_id == listing_id)
    evidence = (
        select(Evidence)
        .where((Evidence.listing_id == listing_id) | Evidence.id.in_(cited), evidence_visible(scope))
        .order_by(Evidence.ordered_at.desc(), Evidence.id)
    )
    return ListingDetail(
        listing=listing,
        shop=shop,
        facts=read_facts(session, shop_id=shop.id, listing_id=listing_id),
        history=history,
        prices=price_points(history),
        hits=hits,
        quotes=quotes_of(session, hits),
        decisions=decisions_of(session, [row.hit.id for row in hits]),
        evidence=tuple(session.execute(evidence).scalars()),
        pages=tuple({row.page.id: row.page for row in history}.values()),
    )


def listings_by_id(session: Session, scope: Scope, ids: Iterable[int]) -> dict[int, tuple[Listing, Shop]]:
    """Listings with their shops, by number; numbers that are gone or hidden are left out."""
    query = (
        select(Listing, Shop)
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.id.in_(list(ids)), allowed(scope, Permission.LISTING_READ))
    )
    return {listing.id: (listing, shop) for listing, shop in session.execute(query).all()}


def open_rules(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Rules with open hits, by listing number."""
    query = (
        select(RuleHit.listing_id, RuleHit.rule_id)
        .where(RuleHit.listing_id.in_(ids), RuleHit.state.in_(OPEN_HITS))
        .where(allowed(scope, Permission.HIT_READ))
        .distinct()
        .order_by(RuleHit.rule_id)
    )
    result: dict[int, tuple[str, ...]] = {}
    for listing_id, rule_id in session.execute(query).all():
        if listing_id is not None:
            result[listing_id] = (*result.get(listing_id, ()), rule_id)
    return result
