"""The crawl with a fetcher that is no network: drained, stopped, cancelled, broken."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from crawlers.archive import Archive
from crawlers.egress.policy import Policy
from crawlers.errors import BrowserFailedError, BrowserMissingError
from crawlers.extraction import extract
from crawlers.frontier import Previous
from crawlers.spiders.clerk import Clerk, Post
from crawlers.spiders.courtesy import Gates
from crawlers.spiders.crawl import Crawl, Means, Pace
from crawlers.spiders.fetch import Fetched, Fetcher
from crawlers.spiders.permission import Permissions, RobotsResult
from crawlers.spiders.reading import Reader
from crawlers.spiders.reading_room import ReadingRoom
from crawlers.spiders.render import Renderer
from crawlers.spiders.setting_out import recorded_rules, set_out
from kernel.clock import now
from kernel.db import Database
from kernel.facts import PageFacts
from kernel.models import FrontierEntry, Job, Page, Visit

HOME = "https://shop.example/"
SHELL = '<html><body><div id="app"></div><script src="/app.js"></script></body></html>'


def _html(*links: str) -> str:
    anchors = "".join(f'<a href="{link}">页面{link}</a>' for link in links)
    return f"<html><head><title>店</title></head><body><h1>小店</h1>{anchors}</body></html>"


@dataclass
class Site:
    """Stands for fetcher and renderer."""

    pages: dict[str, str | Exception]
    rendered: dict[str, str | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    async def get(self, url: str, previous: Previous | None = None) -> Fetched:
        """A page, 404 where there is none."""
        del previous
        await asyncio.sleep(0)
        path = url.removeprefix(HOME)
        self.asked.append(path)
        self.before(path)
        page = self.pages.get(path)
        if isinstance(page, Exception):
            raise page
        status = 404 if page is None else 200
        headers = ((b"Content-Type", b"text/html; charset=utf-8"),)
        return Fetched(url, now(), 1, b"GET", status, headers, (page or "").encode(), "192.0.2.1:443")

    async def render(self, url: str) -> Mapping[str, object]:
        """A rendered page."""
        page = self.rendered[url.removeprefix(HOME)]
        if isinstance(page, Exception):
            raise page
        return {"html": page, "status": 200, "url": url, "remote_address": "192.0.2.1:443"}

    async def close(self) -> None:
        """Nothing to close."""


class Room:
    """Reads pages where it stands."""

    async def read(self, body: bytes, *, url: str, content_type: str, platform: str) -> PageFacts:
        """The facts of a page."""
        return extract(body, url=url, content_type=content_type, platform=platform)

    async def close(self) -> None:
        """Nothing to close."""


def _crawl(database: Database, folder: Path, visit_id: int, site: Site) -> Crawl:
    robots: list[RobotsResult] = []
    gates = Gates(2, 0)
    with database.write() as session:
        visits = set_out(session, (visit_id,))
    permissions = Permissions(cast("Fetcher", site), gates, "WangjianBot/1", robots.append)
    with database.read() as session:
        for known in recorded_rules(session, (visit_id,), folder, "WangjianBot/1").values():
            for origin, rules in known.items():
                permissions.know(origin, rules)
                visits[0].robots[origin] = rules.as_json()
    reader = Reader(Archive(folder, at=now(), software="test"), Policy())
    clerk = Clerk(database, reader._archive, reader, Post("me", 60, "job-1", (visit_id,)))
    means = Means(cast("Fetcher", site), cast("Renderer", site), cast("ReadingRoom", Room()), gates, permissions)
    return Crawl(visits, clerk, means, Pace(2, 16), robots)


def _outcomes(database: Database) -> dict[str, tuple[str, str]]:
    with database.read() as session:
        rows = session.execute(select(FrontierEntry.url, FrontierEntry.state, FrontierEntry.outcome)).all()
    return {url.removeprefix(HOME): (state, outcome) for url, state, outcome in rows}


def _run(crawl_of: Callable[[], Crawl]) -> Crawl:
    async def scene() -> Crawl:
        crawl = crawl_of()
        await asyncio.wait_for(crawl.run(), 60)
        return crawl

    return asyncio.run(scene())


def test_it_ends_when_the_visit_is_drained(database: Database, visit_id: int, tmp_path: Path) -> None:
    """Pages, what is missing, what robots forbids; the visit is closed and its robots kept."""
    site = Site({"": _html("/a", "/b", "/no"), "a": _html("/"), "robots.txt": "User-agent: *\nDisallow: /no\n"})
    _run(lambda: _crawl(database, tmp_path, visit_id, site))
    assert _outcomes(database) == {
        "": ("done", "ok"), "a": ("done", "ok"), "b": ("failed", "http-404"), "no": ("refused", "robots"),
    }  # fmt: skip
    with database.read() as session:
        visit = session.get_one(Visit, visit_id)
        assert (visit.state, visit.pages, visit.robots["status"]) == ("done", 3, 200)
        assert session.get_one(Job, "job-1").progress["pages"] == 3


def test_the_browser_gets_what_needs_it(database: Database, visit_id: int, tmp_path: Path) -> None:
    """Rendered, failed, and missing; each its own outcome."""
    failed = BrowserFailedError("no", context={"reason": "capture.tls_invalid"})
    site = Site(
        {"": _html("/x", "/y", "/z"), "x": SHELL, "y": SHELL, "z": SHELL},
        {"x": _html("/"), "y": failed, "z": BrowserMissingError("none")},
    )
    _run(lambda: _crawl(database, tmp_path, visit_id, site))
    outcomes = _outcomes(database)
    assert outcomes["x"] == ("done", "ok")
    assert outcomes["y"] == ("failed", "tls")
    assert outcomes["z"] == ("failed", "browser-missing")
    with database.read() as session:
        page = session.execute(select(Page).where(Page.via == "browser")).scalars().one()
        assert (page.url, page.remote_address) == (f"{HOME}x", "192.0.2.1:443")


def test_stop_gives_back_and_another_run_finishes(database: Database, visit_id: int, tmp_path: Path) -> None:
    """Nothing is leased after a stop; the next run knows robots already and takes the rest, each once."""
    links = [f"/{number}" for number in range(30)]
    site = Site({"": _html(*links), **{link[1:]: _html("/") for link in links}})

    async def scene() -> None:
        crawl = _crawl(database, tmp_path, visit_id, site)
        site.before = lambda path: crawl.stop() if path == "7" else None
        await asyncio.wait_for(crawl.run(), 60)

    asyncio.run(scene())
    assert {state for state, _ in _outcomes(database).values()} == {"done", "pending"}
    site.before = lambda _: None
    _run(lambda: _crawl(database, tmp_path, visit_id, site))
    assert set(_outcomes(database).values()) == {("done", "ok")}
    assert site.asked.count("robots.txt") == 1
    with database.read() as session:
        urls = list(session.execute(select(Page.url)).scalars())
    assert len(urls) == len(set(urls)) == 32


def test_a_cancelled_job_stops_its_visits(database: Database, visit_id: int, tmp_path: Path) -> None:
    """What was fetched is recorded, the rest is refused."""
    with database.write() as session:
        session.get_one(Job, "job-1").cancel_asked = True
    site = Site({"": _html(*[f"/{number}" for number in range(200)])})
    _run(lambda: _crawl(database, tmp_path, visit_id, site))
    with database.read() as session:
        assert session.get_one(Visit, visit_id).state == "stopped"
    assert "cancelled" in {outcome for _, outcome in _outcomes(database).values()}


def test_a_page_budget_ends_it(database: Database, visit_id: int, tmp_path: Path) -> None:
    """Ten pages and no more; the rest says why."""
    with database.write() as session:
        session.get_one(Visit, visit_id).budget = {"pages": 10, "bytes": 10_000_000, "seconds": 600, "depth": 5}
    site = Site({"": _html(*[f"/{number}" for number in range(40)]), **{str(n): _html("/") for n in range(40)}})
    _run(lambda: _crawl(database, tmp_path, visit_id, site))
    words = [outcome for _, outcome in _outcomes(database).values()]
    assert (words.count("ok"), words.count("budget-pages")) == (10, 31)
    with database.read() as session:
        visit = session.get_one(Visit, visit_id)
        assert (visit.state, visit.stop_reason) == ("done", "budget-pages")


def test_a_template_that_brings_nothing_is_left(database: Database, visit_id: int, tmp_path: Path) -> None:
    """After a few barren pages the rest of the template is refused."""
    months = {f"cal/{n}": _html(f"/cal/{n + 1}", f"/cal/{n + 2}") for n in range(1_000)}
    site = Site({"": _html("/cal/0"), **months})

    async def scene() -> None:
        with database.write() as session:
            session.get_one(Visit, visit_id).budget = {"pages": 900, "bytes": 10**9, "seconds": 600, "depth": 999}
        crawl = _crawl(database, tmp_path, visit_id, site)
        crawl._visits[0].trap.limit = 4
        await asyncio.wait_for(crawl.run(), 60)

    asyncio.run(scene())
    words = [outcome for _, outcome in _outcomes(database).values()]
    assert words.count("ok") < 20
    assert "trap" in words


def test_a_worker_that_breaks_ends_the_crawl_with_its_error(database: Database, visit_id: int, tmp_path: Path) -> None:
    """Nothing waits for ever; leases are given back."""
    site = Site({"": _html()})

    def breaking() -> Crawl:
        crawl = _crawl(database, tmp_path, visit_id, site)
        crawl._means.gates.of = lambda _: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        return crawl

    with pytest.raises(ZeroDivisionError):
        _run(breaking)
    assert {state for state, _ in _outcomes(database).values()} == {"pending"}
