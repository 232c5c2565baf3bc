"""The frontier: what is still to be fetched, leased to one process at a time.

Plain functions on a session. An address is *done* only in the transaction that commits its page
(:mod:`crawlers.record`), so a crash at any instruction loses nothing and repeats nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session

from crawlers.address import canonical_url, url_key
from crawlers.budget import Budget
from kernel.batch import batched
from kernel.models import FrontierEntry, Listing, Page, Shop, Visit
from kernel.rows import dialect_insert, update_rows

PRIORITIES = {"home": 100, "licence": 90, "rules": 70, "detail": 50, "list": 40}
"""Goods before lists: a shop whose search has a list for every filter would spend the whole budget on lists."""
FULL_FETCH_EVERY = 7
MAX_DETAIL = 1_000
OPEN_STATES = ("pending", "leased")
_RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Previous:
    """The newest earlier page of an address, to ask whether it changed.

    Attributes:
        page_id: the page that keeps the record of these bytes.
        sha256: of its body, hex. etag, last_modified: as the server sent them, or empty.
    """

    page_id: int
    sha256: str
    etag: str
    last_modified: str
    kind: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One leased address.

    Attributes:
        id: of its frontier row. attempts: answers so far that failed for a passing reason.
        previous: None on a first visit, and on every seventh, when all is fetched in full.
    """

    id: int
    visit_id: int
    shop_id: int
    url: str
    url_key: str
    kind: str
    depth: int
    via: str
    attempts: int
    previous: Previous | None = None


@dataclass(frozen=True, slots=True)
class NewLink:
    """An address to add. ``url`` is canonical."""

    url: str
    kind: str = "other"
    depth: int = 0
    via: str = "http"
    state: str = "pending"
    outcome: str = ""


def open_visit(session: Session, *, shop: Shop, job_id: str, budget: Budget, at: datetime) -> Visit:
    """The visit of a job to a shop; made and seeded the first time, found again after that.

    A first visit starts at the home page. A later one also gets every address of the newest
    finished visit and the known listings, so that an unchanged list page need not be read again.

    Args:
        session: a writing session.
        shop: the shop. job_id: the job. budget: limits of this visit. at: now, aware UTC.

    Effects: rows in ``visit`` and ``frontier``.
    """
    found = session.execute(select(Visit).where(Visit.shop_id == shop.id, Visit.job_id == job_id)).scalars().first()
    if found is not None:
        return found
    earlier = session.execute(
        select(Visit).where(Visit.shop_id == shop.id, Visit.state == "done").order_by(Visit.id.desc())
    ).scalars()
    previous = earlier.first()
    visit = Visit(shop_id=shop.id, job_id=job_id, started_at=at, budget=budget.as_json(), robots={}, state=_RUNNING)
    session.add(visit)
    session.flush()
    home = canonical_url(shop.url)
    seeds = {home: NewLink(home, "home", 0, "http")}
    if previous is not None:
        for link in _known(session, shop.id, previous.id):
            seeds.setdefault(link.url, link)
        seeds[home] = NewLink(home, "home", 0, _via_of(session, previous.id, home))
    add_links(session, visit_id=visit.id, links=list(seeds.values()))
    return visit


def _via_of(session: Session, visit_id: int, url: str) -> str:
    via = session.execute(
        select(FrontierEntry.via).where(FrontierEntry.visit_id == visit_id, FrontierEntry.url_key == url_key(url))
    ).scalar()
    return via or "http"


def _known(session: Session, shop_id: int, visit_id: int) -> list[NewLink]:
    """What the last finished visit knew: taken pages, what its budget cut, what failed; and the listings."""
    entry = FrontierEntry
    rows = session.execute(
        select(entry.url, entry.kind, entry.depth, entry.via)
        .where(
            entry.visit_id == visit_id,
            or_(entry.state == "done", entry.state == "failed", entry.outcome.startswith("budget-")),
            entry.outcome.notin_(("http-404", "http-410", "budget-depth")),
        )
        .order_by(entry.id)
    ).all()
    links = [NewLink(row.url, row.kind, row.depth, row.via) for row in rows]
    listings = session.execute(
        select(Listing.url).where(Listing.shop_id == shop_id, Listing.state == "on").order_by(Listing.id)
    ).scalars()
    links.extend(NewLink(url, "detail", 1) for url in listings)
    return links


def add_links(session: Session, *, visit_id: int, links: Sequence[NewLink]) -> int:
    """Add addresses to a visit; those it has already are left as they are.

    Returns:
        how many were new.

    Effects: rows in ``frontier``.
    """
    if not links:
        return 0
    rows = [
        {
            "visit_id": visit_id,
            "url": link.url,
            "url_key": url_key(link.url),
            "kind": link.kind,
            "depth": link.depth,
            "priority": PRIORITIES.get(link.kind, 10) - link.depth,
            "via": link.via,
            "state": link.state,
            "outcome": link.outcome,
        }
        for link in links
    ]
    keys = [str(row["url_key"]) for row in rows]
    before = _existing(session, visit_id, keys)
    fresh = {str(row["url_key"]): row for row in rows if row["url_key"] not in before}
    if fresh:
        session.execute(dialect_insert(session, FrontierEntry), list(fresh.values()))
    return len(fresh)


def _existing(session: Session, visit_id: int, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in batched(keys, 500):
        found.update(
            session.execute(
                select(FrontierEntry.url_key).where(FrontierEntry.visit_id == visit_id, FrontierEntry.url_key.in_(part))
            ).scalars()
        )
    return found


def claim(
    session: Session, *, visit_ids: Sequence[int], owner: str, limit: int, lease_s: float, at: datetime
) -> list[Claim]:
    """Lease the most urgent addresses that are free.

    Free is what is pending and due, and what was leased to a process that let its lease run out.
    Use a writing session: on SQLite it holds the write lock from its start; on PostgreSQL rows that
    another process is just claiming are skipped.

    Args:
        visit_ids: visits to claim from. owner: see :func:`crawlers.lease.new_owner`. limit: most rows.
        lease_s: seconds until another process may take them. at: now, aware UTC.

    Effects: ``frontier.state``, ``lease_owner``, ``lease_until``; ``attempts`` + 1 for a lease that ran out.
    """
    entry = FrontierEntry
    free = or_(
        and_(entry.state == "pending", or_(entry.not_before.is_(None), entry.not_before <= at)),
        and_(entry.state == "leased", entry.lease_until < at),
    )
    rows = session.execute(
        select(
            entry.id, entry.visit_id, entry.url, entry.url_key, entry.kind, entry.depth, entry.via, entry.attempts,
            entry.state, Visit.shop_id,
        )
        .join(Visit, Visit.id == entry.visit_id)
        .where(entry.visit_id.in_(visit_ids), free, Visit.state == _RUNNING)
        .order_by(entry.priority.desc(), entry.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=entry)
    ).all()  # fmt: skip
    if not rows:
        return []
    until = at + timedelta(seconds=lease_s)
    _set(session, [row.id for row in rows], state="leased", lease_owner=owner, lease_until=until)
    stale = [row.id for row in rows if row.state == "leased"]
    if stale:
        session.execute(update(entry).where(entry.id.in_(stale)).values(attempts=entry.attempts + 1))
    known = _previous(session, rows)
    return [
        Claim(
            row.id, row.visit_id, row.shop_id, row.url, row.url_key, row.kind, row.depth, row.via,
            row.attempts + (row.state == "leased"), known.get((row.shop_id, row.url_key)),
        )
        for row in rows
    ]  # fmt: skip


def is_full_fetch(session: Session, visit_id: int) -> bool:
    """True when this visit is one in seven, in which nothing is asked conditionally (304 and ETag may lie)."""
    shop_id = session.execute(select(Visit.shop_id).where(Visit.id == visit_id)).scalar_one()
    count = session.execute(
        select(func.count(Visit.id)).where(Visit.shop_id == shop_id, Visit.id <= visit_id)
    ).scalar_one()
    return bool(count % FULL_FETCH_EVERY == 0)


def _previous(session: Session, rows: Iterable[object]) -> dict[tuple[int, str], Previous]:
    """The newest earlier good page of each row's address."""
    wanted: dict[int, list[str]] = {}
    current: dict[int, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.shop_id, []).append(row.url_key)  # type: ignore[attr-defined]
        current.setdefault(row.shop_id, set()).add(row.visit_id)  # type: ignore[attr-defined]
    known: dict[tuple[int, str], Previous] = {}
    for shop_id, keys in wanted.items():
        newest = (
            select(func.max(Page.id))
            .where(
                Page.shop_id == shop_id,
                Page.url_key.in_(keys),
                Page.visit_id.notin_(current[shop_id]),
                Page.status.in_((200, 304)),
            )
            .group_by(Page.url_key)
        )
        for page in session.execute(
            select(
                Page.id, Page.url_key, Page.unchanged_from, Page.body_sha256, Page.etag, Page.last_modified, Page.kind
            ).where(Page.id.in_(newest))
        ):
            root = page.unchanged_from or page.id
            known[shop_id, page.url_key] = Previous(root, page.body_sha256, page.etag, page.last_modified, page.kind)
    return known


def _set(session: Session, ids: Sequence[int], **values: object) -> int:
    result = session.execute(update(FrontierEntry).where(FrontierEntry.id.in_(ids)).values(**values))
    return cast("CursorResult[object]", result).rowcount


def finish(session: Session, *, results: Sequence[Mapping[str, object]]) -> None:
    """Close rows in the transaction that commits their pages.

    Args:
        results: one mapping a row: ``id``, ``state`` (``done``, ``refused``, ``failed``), ``outcome``,
            ``detail``, ``page_id``.

    Effects: ``frontier``.
    """
    rows = [
        {
            "id": row["id"],
            "state": row["state"],
            "outcome": row["outcome"],
            "detail": str(row.get("detail") or "")[:MAX_DETAIL],
            "page_id": row.get("page_id"),
            "lease_owner": "",
            "lease_until": None,
        }
        for row in results
    ]
    update_rows(session, FrontierEntry, rows)


def refuse(session: Session, *, visit_id: int, outcome: str, owner: str = "") -> int:
    """Refuse everything of a visit that is still pending (or leased to ``owner``): its budget is used up.

    Returns:
        how many rows.
    """
    entry = FrontierEntry
    mine = and_(entry.state == "leased", entry.lease_owner == owner)
    result = session.execute(
        update(entry)
        .where(entry.visit_id == visit_id, or_(entry.state == "pending", mine))
        .values(state="refused", outcome=outcome, lease_owner="", lease_until=None)
    )
    return cast("CursorResult[object]", result).rowcount


def retry_later(
    session: Session, *, ids: Sequence[int], not_before: datetime, outcome: str, detail: str = "", via: str = ""
) -> None:
    """Put leased rows back, not to be fetched before a time.

    Args:
        via: ``browser`` sends them to the browser; then the answer does not count as an attempt.
    """
    if not ids:
        return
    entry = FrontierEntry
    values: dict[str, object] = {
        "state": "pending",
        "lease_owner": "",
        "lease_until": None,
        "not_before": not_before,
        "outcome": outcome,
        "detail": detail[:MAX_DETAIL],
    }
    if via:
        values["via"] = via
    else:
        values["attempts"] = entry.attempts + 1
    session.execute(update(entry).where(entry.id.in_(ids)).values(**values))


def open_count(session: Session, *, visit_id: int) -> int:
    """How many addresses of a visit are pending or leased."""
    count = session.execute(
        select(func.count(FrontierEntry.id)).where(
            FrontierEntry.visit_id == visit_id, FrontierEntry.state.in_(OPEN_STATES)
        )
    ).scalar_one()
    return int(count)


def close_visit_if_drained(session: Session, *, visit_id: int, reason: str, at: datetime) -> bool:
    """End a running visit that has nothing pending or leased.

    A visit whose home page was never reached ends ``failed`` with that outcome; its shop is marked
    ``unreachable`` until a page comes again.

    Args:
        reason: ``finished`` or the budget that ended it.

    Returns:
        True when the visit is closed (now or before).

    Effects: ``visit``, ``shop.last_visited_at``, ``shop.status``.
    """
    visit = session.get(Visit, visit_id)
    if visit is None or visit.state != _RUNNING:
        return True
    if open_count(session, visit_id=visit_id):
        return False
    failure = "" if visit.pages else _failure(session, visit_id)
    visit.state = "failed" if failure else "done"
    visit.stop_reason = failure or reason
    visit.finished_at = at
    shop = session.get(Shop, visit.shop_id)
    if shop is not None:
        shop.last_visited_at = at
        if shop.status != "paused":
            shop.status = "unreachable" if failure else "watched"
    session.flush()
    return True


def _failure(session: Session, visit_id: int) -> str:
    row = session.execute(
        select(FrontierEntry.outcome)
        .where(FrontierEntry.visit_id == visit_id, FrontierEntry.state.in_(("failed", "refused")))
        .order_by(FrontierEntry.priority.desc(), FrontierEntry.id)
        .limit(1)
    ).scalar()
    return row or ""


def stop_visit(session: Session, *, visit_id: int, owner: str, reason: str, at: datetime) -> None:
    """End a running visit at a person's wish; what is left is kept as refused with ``cancelled``."""
    refuse(session, visit_id=visit_id, outcome=reason, owner=owner)
    session.execute(
        update(Visit)
        .where(Visit.id == visit_id, Visit.state == _RUNNING)
        .values(state="stopped", stop_reason=reason, finished_at=at)
    )
