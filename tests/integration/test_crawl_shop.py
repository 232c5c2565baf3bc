"""Whole crawls of a tiny shop: what is found, kept, obeyed and refused."""

import signal
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.archive import read_body
from kernel.clock import now
from kernel.models import Job, Listing, OutboxEntry, Page
from tests.servers.crawling import Crawling
from tests.servers.tiny_shop import Asked, TinyShop, bomb, detail, html, serving, stocked
from tests.servers.tiny_shop import Page as Sent


def test_a_first_visit_finds_every_page(crawling: Crawling) -> None:
    """Home, list pages and details; bytes in the archive; listings with their prices; progress on the job."""
    with serving(stocked(TinyShop(), 45)) as shop:
        visit = crawling.watch(shop)
        port = shop.port
    row = crawling.visit(visit)
    assert (row.state, row.stop_reason, row.pages) == ("done", "finished", 49)
    assert row.robots["status"] == 404
    pages = crawling.pages(visit)
    assert len({page.url for page in pages}) == len(pages) == 49
    assert {page.remote_address for page in pages} == {f"127.0.0.1:{port}"}
    body = read_body(crawling.config().pages_path(), pages[0].warc_file, pages[0].warc_offset)
    assert "小店" in body.decode()
    with crawling.database.read() as session:
        listings = session.execute(select(Listing)).scalars().all()
        assert {listing.price_fen for listing in listings} == {number * 100 for number in range(1, 46)}
        progress = session.get_one(Job, "job-1").progress
        touched = set(session.execute(select(OutboxEntry.object_id)).scalars())
        assert touched == {listing.id for listing in listings}
    assert (progress["pages"], progress["listings"], progress["queued"]) == (49, 45, 0)


def test_a_second_visit_keeps_only_what_changed(crawling: Crawling) -> None:
    """Nothing changed: no fact. One price changed, one product gone: one new price, one listing gone."""
    with serving(stocked(TinyShop(), 8)) as shop:
        crawling.watch(shop)
        before = crawling.facts(all_versions=True)
        second = crawling.watch(shop)
        assert crawling.facts(all_versions=True) == before
        assert crawling.visit(second).unchanged == crawling.visit(second).pages == 10
        assert {page.warc_file for page in crawling.pages(second)} == {""}
        shop.pages["/item/3"] = detail(3, 250)
        del shop.pages["/item/4"]
        third = crawling.watch(shop)
    assert crawling.visit(third).unchanged == 8
    new = set(crawling.facts(all_versions=True)) - set(before)
    assert {(url, name) for url, name, _, _ in new} == {("/item/3", "price")}
    with crawling.database.read() as session:
        states = {row.url.rpartition("/")[2]: row for row in session.execute(select(Listing)).scalars()}
        assert states["3"].price_fen == 250
        assert states["4"].state == "gone"
        assert {row.state for number, row in states.items() if number != "4"} == {"on"}


def test_unchanged_pages_are_asked_for_conditionally(crawling: Crawling) -> None:
    """ETag and Last-Modified go back; a 304 is an unchanged page."""

    def tagged(asked: Asked) -> Sent:
        if asked.headers.get("If-None-Match") == '"v1"':
            return Sent(status=304, headers={"ETag": '"v1"'})
        page = html("首页", "<h1>小店</h1>")
        return Sent(
            page.body, headers={**page.headers, "ETag": '"v1"', "Last-Modified": "Wed, 25 Nov 2026 08:00:00 GMT"}
        )

    with serving(TinyShop({"/": tagged})) as shop:
        first = crawling.watch(shop)
        second = crawling.watch(shop)
    page = crawling.pages(second)[0]
    assert (page.status, page.unchanged_from) == (304, crawling.pages(first)[0].id)
    assert shop.asked[-1].headers["If-Modified-Since"] == "Wed, 25 Nov 2026 08:00:00 GMT"


def test_robots_is_obeyed_and_kept(crawling: Crawling) -> None:
    """Forbidden paths are never asked for; what robots.txt said is on the visit and in the archive."""
    shop = stocked(TinyShop(), 4)
    text = b"User-agent: WangjianBot\nDisallow: /item/2\nCrawl-delay: 0.2\n\nUser-agent: *\nDisallow: /\n"
    shop.pages["/robots.txt"] = Sent(text, headers={"Content-Type": "text/plain"})
    with serving(shop):
        visit = crawling.watch(shop)
    assert "/item/2" not in shop.paths
    assert shop.paths[0] == "/robots.txt"
    rows = {url.rpartition("/")[2]: row for url, row in crawling.frontier(visit).items()}
    assert (rows["2"].state, rows["2"].outcome) == ("refused", "robots")
    assert rows["3"].outcome == "ok"
    robots = crawling.visit(visit).robots
    assert (robots["status"], robots["crawl_delay"]) == (200, 0.2)
    with crawling.database.read() as session:
        page = session.get_one(Page, robots["page_id"])
        assert read_body(crawling.config().pages_path(), page.warc_file, page.warc_offset) == text
    times = [item.at for item in shop.asked[1:]]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert sorted(gaps)[1] > 0.17, "Crawl-delay is longer than ours, so it holds"


def test_requests_are_honest_and_carry_nothing_personal(crawling: Crawling) -> None:
    """Our name with a contact; no cookie although the shop sets one; no referrer."""
    shop = stocked(TinyShop(), 2)
    home = shop.pages["/"]
    assert isinstance(home, Sent)
    home.headers["Set-Cookie"] = "session=1"
    with serving(shop):
        crawling.watch(shop)
    for asked in shop.asked:
        assert asked.headers["User-Agent"].startswith("WangjianBot/")
        assert "contact" in asked.headers["User-Agent"]
        assert not {"Cookie", "Referer"} & set(asked.headers)


def test_slow_down_is_heard(crawling: Crawling) -> None:
    """429 with Retry-After: the address waits, and so does the host; then it is fetched."""
    shop = stocked(TinyShop(), 3)
    shown = shop.pages["/item/2"]
    assert isinstance(shown, Sent)
    seen: list[float] = []

    def busy(asked: Asked) -> Sent:
        seen.append(asked.at)
        return shown if len(seen) > 1 else Sent(b"slow down", 429, {"Retry-After": "1"})

    shop.pages["/item/2"] = busy
    with serving(shop):
        visit = crawling.watch(shop)
    row = next(row for url, row in crawling.frontier(visit).items() if url.endswith("/item/2"))
    assert (row.state, row.outcome, row.attempts) == ("done", "ok", 1)
    assert seen[1] - seen[0] >= 0.95
    after = [item.at for item in shop.asked if item.at > seen[0]]
    assert min(after) - seen[0] >= 0.95, "nothing was asked of the host meanwhile"


def test_bounded_tries(crawling: Crawling) -> None:
    """A page that always fails is tried a few times, then failed with its status; the visit goes on."""
    shop = stocked(TinyShop(), 2)
    shop.pages["/item/1"] = Sent(b"oops", 500)
    with serving(shop):
        visit = crawling.watch(shop)
    assert shop.paths.count("/item/1") == 3
    row = next(row for url, row in crawling.frontier(visit).items() if url.endswith("/item/1"))
    assert (row.state, row.outcome) == ("failed", "http-500")
    assert crawling.visit(visit).state == "done"


def test_hostile_pages_stay_within_the_page_budget(crawling: Crawling) -> None:
    """A gzip bomb, a slow drip, an oversized answer and a loop of redirects each end as an outcome."""
    crawling.options.update({"PAGE_MAX_BYTES": "300000", "PAGE_TIMEOUT_S": "3"})
    links = "".join(f'<a href="/{name}">{name}</a>' for name in ("bomb", "drip", "huge", "round", "fine"))
    pages: dict[str, Sent] = {
        "/": html("首页", f"<h1>小店</h1>{links}"),
        "/bomb": bomb(50_000_000),
        "/drip": Sent(b"x" * 200, headers={"Content-Type": "text/html"}, drip=0.1),
        "/huge": Sent(b"x" * 400_000, headers={"Content-Type": "text/html"}),
        "/round": Sent(status=302, headers={"Location": "/round/2"}),
        "/round/2": Sent(status=302, headers={"Location": "/round"}),
        "/fine": html("很好", "<p>正常</p>"),
    }
    with serving(TinyShop(dict(pages))) as shop:
        visit = crawling.watch(shop)
    outcomes = {url.partition(str(shop.port))[2]: row.outcome for url, row in crawling.frontier(visit).items()}
    assert outcomes == {
        "/": "ok", "/bomb": "too-large", "/drip": "timeout", "/huge": "too-large", "/round": "redirect",
        "/round/2": "redirect", "/fine": "ok",
    }  # fmt: skip


def test_the_way_out_is_guarded(crawling: Crawling) -> None:
    """Redirects and links to a forbidden port or a private address are refused; a canary there hears nothing."""
    with serving(TinyShop({"/": html("金丝雀", "")})) as canary:
        links = '<a href="/out">1</a><a href="/private">2</a>'
        shop = TinyShop(
            {
                "/": html("首页", f'{links}<a href="{canary.url}">3</a><img src="{canary.url}x.png">'),
                "/out": Sent(status=302, headers={"Location": canary.url}),
                "/private": Sent(status=302, headers={"Location": "http://10.0.0.1/"}),
            }
        )
        with serving(shop):
            visit = crawling.watch(shop)
            job_id, refused = crawling.open(canary.url)
            crawling.run(job_id, refused)
    outcomes = {url.rpartition("/")[2]: row.outcome for url, row in crawling.frontier(visit).items()}
    assert outcomes == {"": "ok", "out": "egress", "private": "egress"}
    row = crawling.visit(refused)
    assert (row.state, row.stop_reason) == ("failed", "egress")
    assert canary.asked == []


def test_an_endless_calendar_is_cut(crawling: Crawling) -> None:
    """A template that never brings anything new is left after some pages; the goods are all found."""
    shop = stocked(TinyShop(), 5)

    def calendar(asked: Asked) -> Sent:
        number = int(asked.path.rpartition("=")[2])
        days = "".join(f'<a href="/cal?month={number + step}">{number + step}月</a>' for step in (1, 2, 3))
        return html(f"{number}月", f"<h1>活动日历</h1>{days}")

    home = shop.pages["/"]
    assert isinstance(home, Sent)
    shop.pages["/"] = Sent(
        home.body.replace(b"</body>", b'<a href="/cal?month=1">cal</a></body>'), headers=home.headers
    )
    shop.fallback = lambda asked: calendar(asked) if asked.path.startswith("/cal") else Sent(b"", 404)
    with serving(shop):
        visit = crawling.watch(shop, {"depth": 500})
    row = crawling.visit(visit)
    assert (row.state, row.stop_reason) == ("done", "finished")
    assert len([path for path in shop.paths if path.startswith("/cal")]) <= 60
    assert {f"/item/{number}" for number in range(1, 6)} <= set(shop.paths)
    assert "trap" in {entry.outcome for entry in crawling.frontier(visit).values()}


@pytest.mark.parametrize(("budget", "reason"), [({"pages": 7}, "budget-pages"), ({"bytes": 2_000}, "budget-bytes")])
def test_a_budget_ends_the_visit(crawling: Crawling, budget: dict[str, float], reason: str) -> None:
    """The visit ends when it is used up; what was not taken says so; the next visit takes it up."""
    with serving(stocked(TinyShop(), 20)) as shop:
        visit = crawling.watch(shop, budget)
        row = crawling.visit(visit)
        assert (row.state, row.stop_reason) == ("done", reason)
        assert row.pages <= budget.get("pages", 100)
        left = [entry.url for entry in crawling.frontier(visit).values() if entry.outcome == reason]
        assert left
        second = crawling.watch(shop)
    assert set(left) <= {page.url for page in crawling.pages(second)}


def test_the_time_budget_ends_a_slow_visit(crawling: Crawling) -> None:
    """Seconds of work count, not pages."""
    crawling.options["HOST_DELAY_S"] = "0.3"
    with serving(stocked(TinyShop(), 40)) as shop:
        visit = crawling.watch(shop, {"seconds": 2})
    row = crawling.visit(visit)
    assert (row.state, row.stop_reason) == ("done", "budget-seconds")
    assert row.pages < 20


def test_cancel_stops_it_within_a_moment(crawling: Crawling) -> None:
    """A person's wish is seen within about a second; the visit is stopped, the rest is kept as refused."""
    crawling.options["HOST_DELAY_S"] = "0.2"
    with serving(stocked(TinyShop(), 60)) as shop:
        crawling.allow.append(f"127.0.0.1:{shop.port}")
        job_id, visit = crawling.open(shop.url)
        process = crawling.start(job_id, visit)
        while len(shop.asked) < 5:
            time.sleep(0.02)
        with crawling.database.write() as session:
            session.get_one(Job, job_id).cancel_asked = True
        _, log = process.communicate(timeout=120)
    assert process.returncode == 0, log.decode()
    assert (crawling.visit(visit).state, crawling.visit(visit).stop_reason) == ("stopped", "cancelled")
    assert {row.state for row in crawling.frontier(visit).values()} == {"done", "refused"}


def test_sigterm_is_a_clean_stop_that_another_run_finishes(crawling: Crawling) -> None:
    """What was fetched is recorded, no lease is left, the visit runs on."""
    crawling.options["HOST_DELAY_S"] = "0.05"
    with serving(stocked(TinyShop(), 30)) as shop:
        crawling.allow.append(f"127.0.0.1:{shop.port}")
        job_id, visit = crawling.open(shop.url)
        process = crawling.start(job_id, visit)
        while len(shop.asked) < 8:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=120)
        assert process.returncode == 0, log.decode()
        assert crawling.visit(visit).state == "running"
        assert {row.state for row in crawling.frontier(visit).values()} == {"done", "pending"}
        crawling.run(job_id, visit)
    assert crawling.visit(visit).state == "done"
    assert len(crawling.pages(visit)) == 33


def test_visits_to_one_host_share_its_pace(crawling: Crawling) -> None:
    """Two shops on one host are not asked twice as fast."""
    crawling.options["HOST_DELAY_S"] = "0.1"
    pages = {
        f"/shop/{name}/{path}": html(name, f'<a href="/shop/{name}/a">a</a>') for name in "xy" for path in ("", "a")
    }
    with serving(TinyShop(dict(pages))) as shop:
        crawling.allow.append(f"127.0.0.1:{shop.port}")
        job_id, first = crawling.open(f"{shop.url}shop/x/")
        _, second = crawling.open(f"{shop.url}shop/y/")
        crawling.run(job_id, first, second)
    assert sorted(shop.paths) == ["/robots.txt", "/shop/x/", "/shop/x/a", "/shop/y/", "/shop/y/a"]
    times = [item.at for item in shop.asked]
    assert times[-1] - times[0] > 0.1 * (len(times) - 2), "the first answer may be late by its connection"
    assert crawling.visit(second).robots["status"] == 404


def test_a_missing_browser_fails_the_page_and_not_the_visit(crawling: Crawling, tmp_path: Path) -> None:
    """A page that is empty without scripts asks for the browser; without one it says so."""
    crawling.options["CHROMIUM_PATH"] = str(tmp_path / "no-chromium")
    shell = '<div id="app"></div><script>document.body.append("x")</script><noscript>请启用JavaScript</noscript>'
    pages = {"/": html("首页", '<h1>小店</h1><a href="/app">a</a><a href="/b">b</a>'), "/app": html("", shell)}
    with serving(TinyShop({**pages, "/b": html("b", "<p>乙</p>")})) as shop:
        visit = crawling.watch(shop)
    rows = {url.rpartition("/")[2]: row for url, row in crawling.frontier(visit).items()}
    assert (rows["app"].via, rows["app"].state, rows["app"].outcome) == ("browser", "failed", "browser-missing")
    assert rows["b"].outcome == "ok"


def test_a_bad_start_is_said(crawling: Crawling) -> None:
    """An unreachable host fails its visit with a word; a database that is gone fails the process with status 3."""
    with serving(TinyShop()) as shop:
        pass
    crawling.allow.append(f"127.0.0.1:{shop.port}")
    job_id, visit = crawling.open(shop.url, at=now() - timedelta(minutes=1))
    crawling.run(job_id, visit)
    assert (crawling.visit(visit).state, crawling.visit(visit).stop_reason) == ("failed", "unreachable")
    crawling.options["DATABASE_URL"] = f"sqlite:///{crawling.data_dir}/no/such/thing.db"
    process = crawling.start(job_id, visit)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "kernel.database_unavailable" in log.decode()
