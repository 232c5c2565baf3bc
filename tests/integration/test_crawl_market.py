"""The sample market crawled whole: every page of every shop, robots and pace, hostile pages, bad certificates."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kernel.clock import now
from kernel.db import Database
from kernel.models import FactVersion, Listing, Shop
from simulators.market.addresses import EXPIRED_HOST, HOSTILE_HOST, HOSTS, origin
from simulators.market.labels import labels, sample_shops
from simulators.market.server import RunningMarket, running_market
from tests.servers.crawling import Crawling


@pytest.fixture(scope="module")
def market() -> Iterator[RunningMarket]:
    """The market on its first day."""
    with running_market() as running:
        yield running


@pytest.fixture
def crawler(database: Database, tmp_path: Path, market: RunningMarket) -> Iterator[Crawling]:
    """A crawler that may reach the market and trusts its CA."""
    market.move_to(0)
    market.market.log.clear()
    market.market.hostile.forget()
    made = Crawling(database, tmp_path / "data")
    made.allow = [f"127.0.0.1:{market.ports.http}", f"127.0.0.1:{market.ports.tls}"]
    made.options.update(
        {
            "EGRESS_HOSTS": ",".join(f"{host}=127.0.0.1" for host in HOSTS),
            "EXTRA_CA_FILE": str(market.ca_file),
            "HOST_CONCURRENCY": "8",
        }
    )
    yield made
    made.close()


def _visit_all(crawler: Crawling, market: RunningMarket, skip: str = "") -> list[int]:
    """One visit to each shop of the market."""
    visits = []
    job_id = ""
    for shop in sample_shops(market.ports):
        if skip and skip in shop.url:
            continue
        with crawler.database.write() as session:
            if session.execute(select(Shop.id).where(Shop.url == shop.url)).first() is None:
                host = shop.url.split("/")[2].partition(":")[0]
                session.add(Shop(url=shop.url, host=host, platform=shop.platform, created_at=now()))
        job_id, visit = crawler.open(shop.url, {"seconds": 600})
        visits.append(visit)
    crawler.run(job_id, *visits, seconds=700)
    return visits


def _wanted(market: RunningMarket, skip: str) -> set[str]:
    truth = labels(market.world)
    base = f"http://pingtai.example.test:{market.ports.http}/"
    return {url for url in truth["pages"] if skip not in url} - {base, f"{base}help/rules"}


def _count(crawler: Crawling, *conditions: object) -> int:
    with crawler.database.read() as session:
        return int(session.execute(select(func.count(FactVersion.id)).where(*conditions)).scalar_one())  # type: ignore[arg-type]


def test_every_page_of_every_shop_is_found_and_a_revisit_keeps_changes_only(
    crawler: Crawling, market: RunningMarket
) -> None:
    """All labelled pages and listings; the same day again brings no fact; the next day only changes."""
    skip = "/shop/xuanku/"  # the script-rendered shop: the browser's tests see to it
    visits = _visit_all(crawler, market, skip)
    pages = [page for visit in visits for page in crawler.pages(visit)]
    assert max(Counter(page.url for page in pages).values()) == 1
    assert _wanted(market, skip) <= {page.url for page in pages}
    truth = {url for url in labels(market.world)["listings"] if skip not in url}
    with crawler.database.read() as session:
        assert truth <= set(session.execute(select(Listing.url)).scalars())
    assert {crawler.visit(visit).state for visit in visits} == {"done"}
    secure = next(crawler.visit(visit) for visit in visits if "https" in str(crawler.visit(visit).robots["url"]))
    assert len(str(secure.robots["certificate_sha256"])) == 64

    first = _count(crawler)
    again = _visit_all(crawler, market, skip)
    assert _count(crawler) == first
    assert sum(crawler.visit(visit).unchanged for visit in again) == sum(crawler.visit(visit).pages for visit in again)

    market.move_to(1)
    _visit_all(crawler, market, skip)
    assert 0 < _count(crawler) - first < first / 10
    assert 0 < _count(crawler, FactVersion.superseded_at.is_not(None)) < first / 10


def test_the_hostile_host_ends_within_its_budget(crawler: Crawling, market: RunningMarket) -> None:
    """Every trap ends as an outcome; robots is obeyed; nothing outside is touched; the visit ends."""
    crawler.options.update({"PAGE_MAX_BYTES": "4000000", "PAGE_TIMEOUT_S": "2", "HOST_CONCURRENCY": "4"})
    crawler.options["CHROMIUM_PATH"] = "/nonexistent/chromium"
    job_id, visit = crawler.open(f"{origin(HOSTILE_HOST, market.ports)}/", {"seconds": 90, "depth": 50})
    crawler.run(job_id, visit, seconds=600)
    row = crawler.visit(visit)
    assert row.state == "done"
    paths = {url.partition(HOSTILE_HOST)[2].partition("/")[2]: entry for url, entry in crawler.frontier(visit).items()}
    outcomes = {path: entry.outcome for path, entry in paths.items()}
    assert outcomes["private/secret"] == "robots"
    assert outcomes["bomb"] == "too-large"
    assert outcomes["drip"] == "timeout"
    assert outcomes["endless"] in {"too-large", "timeout"}
    for path in ("redirect/ten", "redirect/metadata", "redirect/loopback", "redirect/ipv6", "redirect/decimal"):
        assert outcomes[path] == "egress", path
    assert outcomes["login"] == "login"
    assert outcomes["captcha"] == "captcha"
    assert outcomes["loop?again=1"] == "redirect"
    seen = market.requests()
    assert {item["host"] for item in seen} == {HOSTILE_HOST}
    assert not [item for item in seen if item["path"].startswith("/private/")]
    assert len([item for item in seen if item["path"].startswith("/calendar")]) < 120
    assert all(entry.state in {"done", "failed", "refused"} for entry in paths.values())


def test_a_bad_certificate_is_an_outcome(crawler: Crawling, market: RunningMarket) -> None:
    """The page behind an expired certificate is not taken; the visit says why."""
    job_id, visit = crawler.open(f"{origin(EXPIRED_HOST, market.ports)}/")
    crawler.run(job_id, visit)
    row = crawler.visit(visit)
    assert (row.state, row.stop_reason, row.pages) == ("failed", "tls", 0)
    entry = next(iter(crawler.frontier(visit).values()))
    assert "certificate" in entry.detail
    assert not market.requests()


def test_the_market_sees_an_even_pace(crawler: Crawling, market: RunningMarket) -> None:
    """Two shops of one host at 0.15 seconds: the host is never asked faster on the whole."""
    crawler.options.update({"HOST_DELAY_S": "0.15", "HOST_CONCURRENCY": "1"})
    base = origin("pingtai.example.test", market.ports)
    job_id, first = crawler.open(f"{base}/shop/songyun/", {"pages": 12})
    _, second = crawler.open(f"{base}/shop/huangshan/", {"pages": 12})
    crawler.run(job_id, first, second)
    times = [item["at"] for item in market.requests()]
    assert len(times) == 25
    assert times[-1] - times[0] > 0.15 * (len(times) - 2)
