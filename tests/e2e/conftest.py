"""A whole installation for the browser: web, replay origin, worker, timestamp services, and a shop to capture."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from crawlers.address import canonical_url
from kernel import clock
from kernel.config import ROOT, Settings, settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import Listing, RuleHit
from pipeline.stack import Stack
from pipeline.stand_ins import TRUST
from pipeline.wiring import open_database, open_engine, open_evidence_store
from search.indexer import drain
from tests.e2e.seeded_market import Seeded, add_sign_in, seed
from tests.servers.tiny_shop import Asked, TinyShop, html, serving
from tests.servers.tiny_shop import Page as Answer

expect.set_options(timeout=60_000)  # a page that is slow today is no fault of the page
SHOTS = Path(os.environ.get("E2E_SHOTS") or ROOT / "var" / "shots")
CAPTURED = "item/captured.html"
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--disable-quic", "--disable-component-update"]
VIOLATIONS = """
window.__violations = [];
document.addEventListener('securitypolicyviolation',
  event => window.__violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


@dataclass(frozen=True)
class Site:
    """What runs: addresses, records, and the listing whose page can really be captured.

    Attributes:
        web: origin of the interface. replay: ``localhost:<port>``, below which each archive has its origin.
    """

    config: Settings
    database: Database
    seeded: Seeded
    web: str
    replay: str
    captured_listing: int

    def sign_in(self, role: str, *, kind: str = "session") -> str:
        """The secret of a sign-in or ticket for a seeded user."""
        with self.database.write() as session:
            return add_sign_in(session, self.seeded.users[role], at=clock.now(), kind=kind)[0]


def _pages() -> dict[str, Answer | Callable[[Asked], Answer]]:
    body = '<h1>云栖明前龙井</h1><p class="price">¥128.00</p><p>全网第一，产地直供。</p><img src="/tea.svg" alt="茶">'
    hostile = "<script>document.cookie='stolen=1';fetch('http://127.0.0.1:9/steal').catch(()=>0)</script>"
    return {f"/{CAPTURED}": html("云栖明前龙井", body + hostile)}


def _wait(url: str, stack: Stack) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if dead := stack.dead():
            raise AssertionError("\n".join(child.tail(20) for child in dead))
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer: " + "\n".join(child.tail(20) for child in stack.children))


def _seed(database: Database, shop: TinyShop) -> tuple[Seeded, int]:
    with database.write() as session:
        seeded = seed(session, listings_a_shop=40)
        listing = session.get_one(Listing, seeded.listings[4])
        listing.url = canonical_url(shop.url + CAPTURED)
        listing.url_key = sha256_hex(listing.url.encode())[:32]
        for hit in session.query(RuleHit):
            hit.wants_evidence = False
        return seeded, listing.id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The processes of one machine, on free ports."""
    before = {name: value for name, value in os.environ.items() if name.startswith("WANGJIAN_")}
    for name in before:
        del os.environ[name]
    with serving(TinyShop(pages=_pages())) as shop:
        os.environ.update(
            WANGJIAN_DATA_DIR=str(tmp_path_factory.mktemp("site")),
            WANGJIAN_EGRESS_ALLOW=f"127.0.0.1:{shop.port}",
            WANGJIAN_WEB_PORT="0",
            WANGJIAN_REPLAY_PORT="0",
        )
        settings.cache_clear()
        try:
            with Stack(settings()) as stack:
                stack.start_stand_ins(TRUST)
                open_evidence_store(stack.config)
                database, engine = open_database(stack.config), open_engine(stack.config)
                seeded, listing = _seed(database, shop)
                drain(database, engine, limit=500, at=clock.now())
                engine.close()
                stack.start_workers(1)
                stack.start_web()
                web = f"http://127.0.0.1:{stack.config.web_port}"
                _wait(f"{web}/api/v1/health", stack)
                _wait(f"http://127.0.0.1:{stack.config.replay_port}/health", stack)
                replay = f"localhost:{stack.config.replay_port}"
                yield Site(stack.config, database, seeded, web, replay, listing)
                database.close()
        finally:
            for name in [name for name in os.environ if name.startswith("WANGJIAN_")]:
                del os.environ[name]
            os.environ.update(before)
            settings.cache_clear()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all journeys; not for the whole run, since its loop would stand in the way of other tests'."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@dataclass
class Desk:
    """One person at one browser; what was asked of the network is written down."""

    site: Site
    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a path of the interface."""
        self.page.goto(self.site.web + path)
        return self.page

    def shot(self, name: str) -> None:
        """A picture for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"e2e-{name}.png", full_page=True, caret="initial")

    def hosts(self) -> set[str]:
        """Hosts with ports of all requests."""
        return {urlsplit(request.url).netloc for request in self.requests if request.url.startswith("http")}

    def violations(self) -> list[str]:
        """Breaches of the content policy on the page as it is now."""
        found: list[str] = self.page.evaluate("window.__violations || []")
        return found


@pytest.fixture
def make_desk(site: Site, chromium: Browser) -> Iterator[object]:
    """Desks of any role, language, theme and size; at the end each stayed with the interface and its replay."""
    desks: list[Desk] = []

    def make(role: str = "", *, width: int = 1360, height: int = 900, **cookies: str) -> Desk:
        context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        context.set_default_timeout(120_000)
        context.add_init_script(VIOLATIONS)
        values = {f"wangjian_{name}": value for name, value in cookies.items()}
        if role:
            values["wangjian"] = site.sign_in(role)
        if values:
            context.add_cookies([{"name": name, "value": value, "url": site.web} for name, value in values.items()])
        desk = Desk(site, context, context.new_page())
        context.on("request", lambda request: desk.requests.append(request))  # noqa: PLW0108 - it wants a function
        desk.page.on("pageerror", lambda error: desk.problems.append(str(error)))
        desk.page.on(
            "console",
            lambda message: desk.problems.append(message.text) if "Content Security Policy" in message.text else None,
        )
        desks.append(desk)
        return desk

    yield make
    own = urlsplit(site.web).netloc
    for desk in desks:
        assert {host for host in desk.hosts() if host != own and not host.endswith(f".{site.replay}")} == set()
        assert desk.problems == []
        desk.context.close()
