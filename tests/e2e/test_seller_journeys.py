"""Officers' journeys around sellers in real Chromium: subject, review queue, badge, exchange, data quality.

Each page is looked at in both languages, light and dark, on a wide screen and at 360 px; set ``E2E_SHOTS`` to keep the
pictures in a folder of one's own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.app import create_app
from api.context import Context
from exchange import identity_report, peers
from exchange.connectors import pulling
from exchange.connectors.roster import MAKERS
from exchange.connectors.source import Source, open_client
from exchange.envelope import Envelope
from exchange.keys import new_keys
from exchange.outbox import post
from exchange.peers import PeerCard
from exchange.quality.intake import intake
from exchange.relay import Relay
from exchange.transport import LocalTransport
from identity_verify import badges
from identity_verify.badge_keys import open_keys
from identity_verify.claims import Origin, claim, settle
from identity_verify.proven_site import read_site
from identity_verify.subjects import find_by_code, link_shop, subject_of_shop
from kernel import clock
from kernel.config import Settings
from kernel.db import Database
from kernel.models import FactVersion, SubjectTask
from kernel.models import Page as PageRow
from simulators.linked.registry import code_of
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import SYSTEMS, books
from simulators.market.model import Ports
from simulators.market.wording import read
from tests.e2e.conftest import SHOTS, VIOLATIONS
from tests.e2e.seeded_market import Seeded, add_sign_in, seed
from tests.servers.exchanging import Line, lead
from tests.servers.held_port import hold_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLUG = "kangyuan"
"""A merchant of the sample market with a penalty, complaints and credit marks."""
SUITE = "ed25519-sha256"
VIEWS = ((1280, "zh", "light"), (1280, "en", "dark"), (360, "zh", "dark"), (360, "en", "light"))


@dataclass(frozen=True)
class Office:
    """The interface with a street of sellers in its records."""

    web: str
    context: Context
    seeded: Seeded
    subject: int
    match: int
    badge: str

    def sign_in(self, role: str) -> str:
        """The secret of a sign-in."""
        with self.context.database.write() as session:
            return add_sign_in(session, self.seeded.users[role], at=clock.now())[0]


def _pull(database: Database, server: LinkedServer) -> None:
    with open_client(5.0) as client:
        for system in SYSTEMS:
            connector = MAKERS[system](Source(system, server.url(system), TOKEN, client))
            pulling.turn(database, connector, clock=clock.now)


def _show(session: Session, shop_id: int, at: datetime, slot: str = "", **facts: str) -> None:
    page_id = session.execute(select(PageRow.id).where(PageRow.shop_id == shop_id).limit(1)).scalar_one()
    for field, value in facts.items():
        session.add(
            FactVersion(
                shop_id=shop_id, field=field, slot=slot, value=value, raw=value, digest=field, locator="css:p",
                method="heuristic", page_id=page_id, seen_at=at,
            )
        )  # fmt: skip
    session.flush()


def _sellers(context: Context, seeded: Seeded, at: datetime) -> tuple[int, int]:
    """A shop tied to its seller beyond doubt, one that a person must decide, live rooms, a contradiction."""
    merchant = next(one["merchant"] for one in read("shops")["shops"] if one["slug"] == SLUG)
    with context.database.write() as session:
        subject = find_by_code(session, code_of(merchant))
        assert subject is not None
        linked, doubtful = seeded.shops
        _show(session, linked, at, licence_name=merchant["name"], licence_code=subject.code, contact="021-00000103")
        other = next(one["merchant"] for one in read("shops")["shops"] if one["slug"] == "songyun")
        _show(session, doubtful, at, licence_name=other["name"], licence_code=code_of(other))
        _show(session, doubtful, at, "second", licence_code=subject.code)
        link_shop(session, linked, at=at)
        link_shop(session, doubtful, at=at)
        claim(session, subject, {"address": "上海市长宁区别处路9号"}, Origin("merchant", "form-1", at), at=at)
        settle(session, subject, at=at)
        row = {"kind": "live", "code": subject.code, "live_account": "kangyuan-live", "name": subject.name}
        report = {"platform_name": "拼集市直播（测试）", "rows": [row]}
        identity_report.take(session, cast("Envelope", SimpleNamespace(message_id="m-1")), report, at)
        query = select(SubjectTask.id).where(SubjectTask.kind == "match", SubjectTask.state == "open")
        return subject.id, session.execute(query).scalar_one()


def _messages(context: Context, at: datetime) -> None:
    """A message that arrived, one that a peer does not take."""
    card = PeerCard("000000", "总局", "line://", (SUITE,), tuple(new_keys("000000", (SUITE,)).cards(at)))
    with context.database.write() as session:
        peers.enter(session, card, context.exchange.ours, actor="test", at=at)
        for draft in (lead(1, receiver="310115"), lead(2, receiver="000000")):
            post(session, draft, at=at)
    gateway = context.exchange
    Relay(gateway, {"local": LocalTransport(gateway), "line": Line(down={"000000"})}).turn(at=at)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """All of it, served on loopback."""
    at = clock.now()
    with ExitStack() as stack:
        held, port = hold_port()
        settings = Settings(data_dir=tmp_path_factory.mktemp("office") / "data", web_port=port)
        app = create_app(settings)
        context: Context = app.state.context
        server = LinkedServer(books(Ports(), at=at, extra=20))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        stack.callback(server.close)
        with context.database.write() as session:
            seeded = seed(session)
        _pull(context.database, server)
        subject, match = _sellers(context, seeded, at)
        _messages(context, at)
        with context.database.write() as session:
            intake(
                session, "penalty", [{"PenDecNo": "沪〔2026〕1号", "PubFlag": "1"}], source="pull", unit="310115", at=at
            )
            site = read_site("kangyuan.example.test", proven_at=at, expires_at=at + timedelta(days=90), method="dns")
            badge = badges.issue(session, open_keys(settings), subject, [site], actor="test", at=at).id
        web = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=web.run, args=([held],), daemon=True)
        thread.start()
        while not web.started:
            time.sleep(0.05)
        yield Office(f"http://127.0.0.1:{port}", context, seeded, subject, match, badge)
        web.should_exit = True
        thread.join()


def _open(
    chromium: Browser, office: Office, role: str = "supervisor", *, width: int = 1280, language: str = "zh",
    theme: str = "light",
) -> Page:  # fmt: skip
    context = chromium.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(120_000)
    context.add_init_script(VIOLATIONS)
    values = {"wangjian_language": language, "wangjian_theme": theme}
    if role:
        values["wangjian"] = office.sign_in(role)
    context.add_cookies([{"name": name, "value": value, "url": office.web} for name, value in values.items()])
    return context.new_page()


def _look(page: Page, name: str) -> None:
    """Keep a picture; nothing is cut off sideways and no policy is broken."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"seller-{name}.png", full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], name  # type: ignore[index]
    assert page.evaluate("window.__violations || []") == [], name


@pytest.mark.parametrize(("width", "language", "theme"), VIEWS)
def test_pages_in_every_dress(chromium: Browser, office: Office, width: int, language: str, theme: str) -> None:
    """Subject, queue, decision, badges, exchange, linked systems, quality, a forgotten password."""
    page = _open(chromium, office, width=width, language=language, theme=theme)
    paths = {
        "subject": f"/subjects/{office.subject}", "matches": "/matches", "match": f"/matches/{office.match}",
        "shop": f"/shops/{office.seeded.shops[0]}", "badges": "/badges", "badge-page": f"/v/{office.badge}",
        "exchange": "/exchange", "linked": "/linked", "quality": "/quality", "recover": "/merchant/recover",
    }  # fmt: skip
    for name, path in paths.items():
        answer = page.goto(office.web + path)
        assert answer is not None
        assert answer.status == 200, path
        _look(page, f"{name}-{width}-{language}-{theme}")
    page.context.close()


def test_the_subject_page_tells_it_all(chromium: Browser, office: Office) -> None:
    """Sources, graph with its live room, the four systems with time and freshness, shops, timeline."""
    page = _open(chromium, office)
    page.goto(f"{office.web}/subjects/{office.subject}")
    graph = page.locator("svg.graph")
    expect(graph.locator("g.node.live-room")).to_have_count(1)
    expect(graph.locator("g.node.shop")).to_have_count(1)
    for words in ("企业登记", "行政处罚", "12315", "信用"):
        expect(page.locator("main")).to_contain_text(words)
    expect(page.locator("main")).to_contain_text("上海市长宁区别处路9号")
    graph.locator("a[href^='/shops/']").first.click()
    expect(page).to_have_url(f"{office.web}/shops/{office.seeded.shops[0]}")
    page.go_back()
    expect(page).to_have_url(f"{office.web}/subjects/{office.subject}")
    page.context.close()


def test_a_match_is_decided(chromium: Browser, office: Office) -> None:
    """From the queue to both sides with reasons, to a decision that ties the shop to the subject."""
    page = _open(chromium, office)
    page.goto(f"{office.web}/matches")
    page.locator(f"a[href='/matches/{office.match}']").first.click()
    for name in ("松韵", "康元"):  # the holders of both codes that the page shows
        expect(page.locator("main")).to_contain_text(name)
    page.locator("input[name=choice]").first.check()
    page.locator("#match-reason").fill("名称与地址一致，已电话核实")
    page.get_by_role("button", name="作出判定").click()
    expect(page.locator("main")).to_contain_text("已电话核实")
    with office.context.database.read() as session:
        assert session.get_one(SubjectTask, office.match).state == "done"
        runner = subject_of_shop(session, office.seeded.shops[1])
    assert runner is not None
    assert runner[1].state == "confirmed"
    page.context.close()


def test_anybody_reads_a_badge(chromium: Browser, office: Office) -> None:
    """Without sign-in: who, which sites, valid, and the question where one is; the number of another is none."""
    page = _open(chromium, office, role="", width=360)
    page.goto(f"{office.web}/v/{office.badge}")
    expect(page.locator("body")).to_contain_text("kangyuan.example.test")
    expect(page.locator("body")).to_contain_text("有效")
    answer = page.goto(f"{office.web}/v/AAAAAAAAAAAA")
    assert answer is not None
    assert answer.status == 404
    page.context.close()


def test_the_exchange_and_the_board_open_their_rows(chromium: Browser, office: Office) -> None:
    """A number leads to the rows it counts."""
    page = _open(chromium, office)
    page.goto(f"{office.web}/exchange")
    page.locator("main a[href^='/exchange/messages']").first.click()
    expect(page.locator("main")).to_contain_text("违法线索")
    page.goto(f"{office.web}/quality")
    page.locator("main a[href^='/quality/findings']").first.click()
    expect(page.locator("h1")).to_be_visible()
    page.context.close()
