"""Claimed sites among the watched shops: who wants a badge is looked at by the crawler too.

A shop on a platform is watched as soon as it is claimed, because its token is read there; a site of one's own when it
has a badge, for the weekly look at the licence it shows.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url
from identity_verify.journey import BADGED
from kernel.errors import WangjianError
from kernel.models import Application, Shop, SiteClaim
from pipeline.shop_list import ShopRow, add_shops

ACTOR = "system:recheck"
CRAWL_EVERY = timedelta(days=7)


def watch_claimed(session: Session, claim: SiteClaim, *, at: datetime) -> int | None:
    """Put a claimed shop under watch, with a visit due now; what is no address of a shop stays out.

    Returns:
        the shop's number, or None.

    Effects: tables ``shop``, ``site_claim``, ``audit``.
    """
    if claim.kind != "shop" or claim.shop_id is not None:
        return claim.shop_id
    return watch_site(session, claim, at=at)


def watch_site(session: Session, claim: SiteClaim, *, at: datetime) -> int | None:
    """Put a claimed site under watch, and tie the claim to its shop.

    Effects: tables ``shop``, ``site_claim``, ``audit``.
    """
    try:
        url = canonical_url(claim.origin + claim.path)
    except WangjianError:
        return None
    known = session.execute(select(Shop).where(Shop.url == url)).scalar_one_or_none()
    if known is None:
        claim.shop_id = add_shops(session, [ShopRow(url=url, reason="经营者申报站点")], actor=ACTOR, at=at)[0]
    else:
        claim.shop_id = known.id
        known.next_visit_at = min(known.next_visit_at or at, at) if claim.kind == "shop" else known.next_visit_at
    return claim.shop_id


def crawl_due(session: Session, *, at: datetime, limit: int) -> list[int]:
    """Badged sites whose weekly crawl is due: they are put under watch, and their next visit is now.

    Returns:
        numbers of the shops.

    Effects: tables ``shop``, ``site_claim``, ``audit``.
    """
    query = (
        select(SiteClaim)
        .join(Application, Application.id == SiteClaim.application_id)
        .where(
            SiteClaim.removed_at.is_(None),
            Application.state.in_(tuple(BADGED)),
            (SiteClaim.next_crawl_at.is_(None)) | (SiteClaim.next_crawl_at <= at),
        )
        .order_by(SiteClaim.id)
        .limit(limit)
    )
    found = []
    for claim in session.execute(query).scalars():
        claim.next_crawl_at = at + CRAWL_EVERY
        shop_id = claim.shop_id or watch_site(session, claim, at=at)
        if shop_id is None:
            continue
        shop = session.get_one(Shop, shop_id)
        if shop.last_visited_at is None or at - shop.last_visited_at > CRAWL_EVERY / 2:
            shop.next_visit_at = min(shop.next_visit_at or at, at)
        found.append(shop_id)
    return found
