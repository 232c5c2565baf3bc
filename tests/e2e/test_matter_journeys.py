"""An officer tells other authorities of a lead and a case, and reads what they told us, in real Chromium.

Each page is looked at at 360 px too; set ``E2E_SHOTS`` to keep the pictures in a folder of one's own.
"""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.context import Context
from exchange import peers, transfer
from exchange.keys import new_keys
from exchange.peers import PeerCard
from exchange.relay import Relay
from exchange.transport import LocalTransport
from kernel import clock
from kernel.config import Settings
from tests.e2e.conftest import SHOTS, VIOLATIONS
from tests.e2e.seeded_market import Seeded, add_sign_in, add_user, seed
from tests.servers.exchanging import Line
from tests.servers.held_port import hold_port
from tests.servers.matters import confirm, seal, tie

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SUITE = "ed25519-sha256"
NUMBER = "沪市监浦案〔2026〕21号"


@dataclass(frozen=True)
class Bureau:
    """A bureau with a confirmed lead, its sealed evidence, and a line to the national authority that is down."""

    web: str
    context: Context
    seeded: Seeded

    def open(self, chromium: Browser, role: str, *, width: int = 1280, language: str = "zh") -> Page:
        """A page of somebody who is signed in."""
        context = chromium.new_context(viewport={"width": width, "height": 800})
        context.set_default_timeout(120_000)
        context.add_init_script(VIOLATIONS)
        with self.context.database.write() as session:
            token = add_sign_in(session, self.seeded.users[role], at=clock.now())[0]
        values = {"wangjian": token, "wangjian_language": language}
        context.add_cookies([{"name": name, "value": value, "url": self.web} for name, value in values.items()])
        return context.new_page()

    def turn(self) -> None:
        """Seal and deliver once."""
        gateway = self.context.exchange
        relay = Relay(gateway, {"local": LocalTransport(gateway), "line": Line(down={"000000"})})
        relay.turn(at=clock.now())


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """Served on loopback."""
    at = clock.now()
    held, port = hold_port()
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("bureau") / "data", web_port=port))
    context: Context = app.state.context
    card = PeerCard("000000", "总局", "line://", (SUITE,), tuple(new_keys("000000", (SUITE,)).cards(at)))
    with context.database.write() as session:
        peers.enter(session, card, context.exchange.ours, actor="test", at=at)
        seeded = seed(session, listings_a_shop=3)
        add_user(session, "second", ["investigator"])
        confirm(session, seeded)
        tie(session, seeded.shops[0])
        seal(session, seeded.rule_evidence, at)
        wanted = transfer.Request("ASSIST", "case-2026-009", "000000", "请协查该经营者的登记住所", {})
        transfer.ask(session, wanted, actor="test", at=at)
    web = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=web.run, args=([held],), daemon=True)
    thread.start()
    while not web.started:
        time.sleep(0.05)
    yield Bureau(f"http://127.0.0.1:{port}", context, seeded)
    web.should_exit = True
    thread.join()
    context.engine().close()
    context.database.close()


def _look(page: Page, name: str) -> None:
    """Keep a picture; nothing is cut off sideways, targets are large enough, and no policy is broken."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"matter-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name  # type: ignore[index]
    assert page.evaluate("window.__violations || []") == [], name


def test_a_lead_is_sent_from_its_page_on_a_phone(chromium: Browser, bureau: Bureau) -> None:
    """Previewed by place and rule, sent with a reason; the page says what became of it; the inbox has it."""
    page = bureau.open(chromium, "supervisor", width=360)
    lead = f"{bureau.web}/hits/{bureau.seeded.hits[0]}"
    page.goto(lead)
    page.get_by_role("link", name="报送").click()
    expect(page.locator("main")).to_contain_text("总局")
    _look(page, "send-superior-360")
    page.locator("#way").select_option("competent")
    page.locator("details summary", has_text="地点与管辖对象").click()
    page.locator("#subject").select_option("merchant")
    page.locator("#actual").fill("310115")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("main")).to_contain_text("PROC 11")
    _look(page, "send-competent-360")
    page.locator("#reason").fill("实际经营地在浦东")
    page.get_by_role("button", name=re.compile("发给")).click()
    expect(page).to_have_url(re.compile(r"/hits/\d+#told$"))
    bureau.turn()
    page.reload()
    expect(page.locator("#told")).to_contain_text("对方已处理")
    _look(page, "lead-told-360")
    page.goto(f"{bureau.web}/inbox")
    page.get_by_role("link", name=re.compile("收到线索")).click()
    page.get_by_role("link", name="打开相关页面").click()
    expect(page.locator("main")).to_contain_text("已收存")
    _look(page, "matter-360")
    page.goto(f"{bureau.web}/matters")
    _look(page, "matters-360")
    page.context.close()


def test_a_case_is_filed_moved_and_sent(chromium: Browser, bureau: Bureau) -> None:
    """From the lead's page to the decision; officers are marked as encrypted."""
    page = bureau.open(chromium, "investigator")
    page.goto(f"{bureau.web}/hits/{bureau.seeded.hits[0]}")
    page.locator("#cases summary").click()
    page.locator("#case-number").fill(NUMBER)
    page.locator("#case-second").fill("second")
    page.locator("#cases").get_by_role("button", name="立案").click()
    expect(page.locator("h1")).to_contain_text(NUMBER)
    for state in ("investigating", "reviewing", "noticed", "decided"):
        page.locator("#state").select_option(state)
        page.locator("#reason").fill("罚款人民币五千元")
        page.get_by_role("button", name="确定").click()
    expect(page.locator("main")).to_contain_text("罚款人民币五千元")
    address = page.url
    page.locator("#told").get_by_role("link", name="报送").click()
    expect(page.locator("main")).to_contain_text("加密传输")
    _look(page, "case-send")
    page.locator("#reason").fill("上报已决定案件")
    page.get_by_role("button", name=re.compile("发给")).click()
    expect(page.locator("#told")).to_contain_text("待签发")
    page.context.close()
    for width, language in ((360, "zh"), (360, "en"), (1280, "en")):
        page = bureau.open(chromium, "investigator", width=width, language=language)
        for name, path in (
            ("case", address), ("cases", f"{bureau.web}/cases"), ("case-send", f"{address.partition('#')[0]}/send"),
            ("transfers", f"{bureau.web}/exchange/transfers"), ("transfer", f"{bureau.web}/exchange/transfers/1"),
            ("jurisdiction", f"{bureau.web}/exchange/transfers/jurisdiction?kind=case&subject=merchant&actual=310115"),
            ("exchange", f"{bureau.web}/exchange"), ("lead", f"{bureau.web}/hits/{bureau.seeded.hits[0]}"),
        ):  # fmt: skip
            page.goto(path)
            _look(page, f"{name}-{width}-{language}")
        page.context.close()
