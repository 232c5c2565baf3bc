"""Setting out: running visits from the database into the hands of the crawl process."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.address import Site, canonical_url, host_of
from crawlers.archive import read_body
from crawlers.budget import Budget, Spent
from crawlers.errors import ArchiveError
from crawlers.frontier import is_full_fetch
from crawlers.lease import release_dead
from crawlers.robots import RobotsRules, read_robots
from crawlers.spiders.visiting import Visiting
from kernel.models import Page, Shop, Visit


def set_out(session: Session, visit_ids: Sequence[int]) -> list[Visiting]:
    """The visits of these ids that are still running; leases of dead processes are given back.

    Effects: ``frontier`` leases.
    """
    release_dead(session, visit_ids=visit_ids)
    rows = session.execute(
        select(Visit, Shop)
        .join(Shop, Shop.id == Visit.shop_id)
        .where(Visit.id.in_(visit_ids), Visit.state == "running")
        .order_by(Visit.id)
    ).all()
    return [_visiting(session, visit, shop) for visit, shop in rows]


def _visiting(session: Session, visit: Visit, shop: Shop) -> Visiting:
    home = canonical_url(shop.url)
    neighbours = session.execute(select(func.count(Shop.id)).where(Shop.host == host_of(home))).scalar_one()
    used = visit.budget.get("used_seconds")
    made = Visiting(
        id=visit.id,
        shop_id=shop.id,
        home=home,
        platform=shop.platform,
        site=Site.of(home, shared_host=neighbours > 1),
        budget=Budget.from_json(visit.budget),
        full=is_full_fetch(session, visit.id),
        spent=Spent(visit.pages, visit.bytes, float(used) if isinstance(used, int | float) else 0.0),
    )
    made.spend()
    return made


def recorded_rules(
    session: Session, visit_ids: Sequence[int], pages_path: Path, user_agent: str
) -> dict[int, dict[str, RobotsRules]]:
    """Rules that running visits have recorded already, read again from the archive; by visit and origin."""
    rules: dict[int, dict[str, RobotsRules]] = {}
    rows = session.execute(select(Visit.id, Visit.robots).where(Visit.id.in_(visit_ids))).all()
    for visit_id, robots in rows:
        for entry in _entries(robots):
            found = _rules(session, entry, pages_path, user_agent)
            if found is not None:
                rules.setdefault(visit_id, {})[str(entry.get("origin"))] = found
    return rules


def _entries(robots: Mapping[str, object]) -> list[Mapping[str, object]]:
    if not robots:
        return []
    others = robots.get("others")
    more = [entry for entry in others.values() if isinstance(entry, dict)] if isinstance(others, dict) else []
    return [robots, *more]


def _rules(session: Session, entry: Mapping[str, object], pages_path: Path, user_agent: str) -> RobotsRules | None:
    page = session.get(Page, entry.get("page_id")) if entry.get("page_id") else None
    if page is None:
        return None
    try:
        body = read_body(pages_path, page.warc_file, page.warc_offset)
    except ArchiveError:
        return None  # asked again
    return read_robots(page.url, page.status, body, sha256=page.body_sha256, user_agent=user_agent)
