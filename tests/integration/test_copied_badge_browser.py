"""A copied live badge in Chromium: shown on the registered host, refused and reported everywhere else."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from api.app import create_app
from identity_verify import badges
from identity_verify.badge_keys import open_keys
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Badge, BadgeSighting
from kernel.schema import upgrade
from tests.data.badges.issuing import add_subject, site
from tests.servers.held_port import hold_port

CHROMIUM = "/usr/bin/chromium"
SHOP, COPY = "shop.example.test", "copy.example.test"
pytestmark = pytest.mark.browser


@dataclass
class World:
    """A badge office and web servers of all the hosts, on loopback.

    Attributes:
        shown: path to HTML, on every host alike: a copy is a copy. port: of the hosts.
    """

    database: Database
    badge: Badge
    frame: str
    port: int
    shown: dict[str, str]

    def sightings(self, wait: Callable[[set[tuple[str, str]]], bool]) -> set[tuple[str, str]]:
        """Kind and host of each, as soon as they are what is waited for, or after two minutes."""
        found: set[tuple[str, str]] = set()
        for _ in range(1200):
            with self.database.read() as session:
                rows = session.execute(select(BadgeSighting)).scalars().all()
            found = {(row.kind, row.host) for row in rows}
            if wait(found):
                break
            time.sleep(0.1)
        return found


def _hosts(shown: dict[str, str]) -> ThreadingHTTPServer:
    class Hosts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shown.get(urlsplit(self.path).path, "").encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hosts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One badge, registered for one host."""
    shown: dict[str, str] = {}
    hosts = _hosts(shown)
    held, port = hold_port()
    settings = Settings(data_dir=tmp_path / "data", web_port=port, public_url=f"http://badge.example.test:{port}")
    database = Database(settings.sqlalchemy_url())
    upgrade(database)
    at = now()
    add_subject(database, 1, at=at)
    with database.write() as session:
        badge = badges.issue(session, open_keys(settings), 1, [site(SHOP, at=at, port=hosts.server_port)], at=at)
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([held],))
    thread.start()
    while not server.started:
        time.sleep(0.05)
    frame = f"http://badge.example.test:{port}/badge/{badge.id}"
    shown["/"] = f'<h1>shop</h1><iframe src="{frame}" width="260" height="92"></iframe>'
    shown["/quiet"] = f'<iframe referrerpolicy="no-referrer" src="{frame}"></iframe>'
    shown["/around"] = f'<iframe src="http://{SHOP}:{hosts.server_port}/"></iframe>'
    shown["/sandbox"] = f'<iframe sandbox="allow-scripts allow-same-origin" src="{frame}"></iframe>'
    yield World(database, badge, frame, hosts.server_port, shown)
    server.should_exit = True
    thread.join()
    hosts.shutdown()
    hosts.server_close()
    app.state.context.database.close()
    database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for which every name is this machine."""
    rules = ["--host-resolver-rules=MAP *.example.test 127.0.0.1", "--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=rules)
        yield started
        started.close()


def _frame_text(browser: Browser, url: str, frame: str) -> str:
    """What stands in the badge's frame; empty when the browser refused it."""
    tab = browser.new_page()
    try:
        tab.goto(url)
        tab.wait_for_load_state("networkidle")
        found = next((inner for inner in tab.frames if inner.url == frame), None)
        return found.inner_text("body") if found else ""
    finally:
        tab.close()


def test_the_registered_host_shows_it(world: World, browser: Browser) -> None:
    """And nothing is noted."""
    assert "有效" in _frame_text(browser, f"http://{SHOP}:{world.port}/", world.frame)
    assert world.sightings(lambda _: True) == set()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {("live-frame", COPY), ("csp-report", COPY)}),
        ("/quiet", {("csp-report", COPY)}),
        ("/sandbox", {("live-frame", COPY), ("csp-report", COPY)}),
        ("/around", {("csp-report", COPY)}),
    ],
)
def test_a_copy_is_refused_and_reported(
    world: World, browser: Browser, path: str, expected: set[tuple[str, str]]
) -> None:
    """Also without a Referer, and also when the registered page itself is framed by another host."""
    assert not _frame_text(browser, f"http://{COPY}:{world.port}{path}", world.frame)
    assert world.sightings(lambda found: found >= expected) >= expected


def test_the_same_name_with_another_port_is_another_host(world: World, browser: Browser) -> None:
    """A badge for one port is not one for all."""
    twin = _hosts(world.shown)
    try:
        assert not _frame_text(browser, f"http://{SHOP}:{twin.server_port}/", world.frame)
    finally:
        twin.shutdown()
        twin.server_close()
