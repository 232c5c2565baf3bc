"""A merchant's journey on a telephone, in real Chromium, over real names and pages on loopback."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from api.app import create_app
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from kernel import clock
from kernel.config import Settings
from kernel.models import SiteClaim
from tests.e2e.conftest import SHOTS
from tests.e2e.seeded_market import add_sign_in, seed
from tests.servers.held_port import hold_port
from tests.servers.name_server import NameServer, answering
from tests.servers.tiny_shop import Asked, TinyShop, html, serving
from tests.servers.tiny_shop import Page as Answer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOST = "www.qinghe.example.test"
FIRM = "上海青禾(测试)商贸有限公司"
CODE = "91310115XX0000019T"
SECOND_HOST, SECOND_FIRM, SECOND_CODE = "www.second.example.test", "上海乙家(测试)食品商行", "92310104XX0000027L"


FIRMS = ((CODE, FIRM, HOST), (SECOND_CODE, SECOND_FIRM, SECOND_HOST))


def _extract(number: int, code: str, name: str, host: str, at: datetime) -> RegistryExtract:
    return RegistryExtract(
        code=code, registration_number="", name=name, former_names=(), kind="company", status="active",
        region="310115", address="上海市浦东新区测试路1号", scope="日用百货销售",
        persons=(("legal-representative", "测试甲"),), established_on=date(2020, 1, 6), approved_on=None, authority="",
        capital_fen=None, websites=(f"http://{host}/",), source_ref=f"reg-{number}", source_at=at - timedelta(days=2),
    )  # fmt: skip


@dataclass
class Portal:
    """The interface, the merchant's site and name servers, all on loopback."""

    web: str
    settings: Settings
    shop: TinyShop
    names: NameServer
    app: object
    officer: str

    def token(self) -> str:
        """The newest token, as the merchant's administrator would copy it from the page."""
        with self.app.state.context.database.read() as session:  # type: ignore[attr-defined]
            return str(session.execute(select(SiteClaim.token).order_by(SiteClaim.id.desc()).limit(1)).scalar_one())


def _site() -> TinyShop:
    pages: dict[str, Answer | Callable[[Asked], Answer]] = {"/": html("青禾商贸", "<h1>青禾商贸</h1>")}
    return TinyShop(pages=pages)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Everything that the journey meets."""
    with ExitStack() as stack:
        shop = stack.enter_context(serving(_site()))
        names = stack.enter_context(answering(NameServer(zones={"test": 60, "example.test": 60})))
        held, port = hold_port()
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("portal") / "data", web_port=port,
            egress_allow=(f"127.0.0.1:{shop.port}", names.place),
            egress_hosts=(f"{HOST}=127.0.0.1", f"{SECOND_HOST}=127.0.0.1"),
            identity_resolver=names.place, identity_dns_port=names.port, identity_probe_s=4,
        )  # fmt: skip
        app = create_app(settings)
        at = clock.now()
        with app.state.context.database.write() as session:
            seeded = seed(session)
            for number, (code, name, host) in enumerate(FIRMS):
                take_extract(session, _extract(number, code, name, host, at), at=at)
            officer = add_sign_in(session, seeded.users["supervisor"], at=at)[0]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([held],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield Portal(f"http://127.0.0.1:{port}", settings, shop, names, app, officer)
        server.should_exit = True
        thread.join()


@pytest.fixture
def phone(chromium: Browser, portal: Portal) -> Iterator[Page]:
    """A telephone's browser; nothing breaks the content policy, nothing is wider than the screen."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    context.set_default_timeout(120_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    assert [text for text in problems if "422" not in text and "409" not in text] == []
    context.close()


def _shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"merchant-{name}.png", full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], name  # type: ignore[index]


def _register(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.web}/merchant")
    page.get_by_role("link", name="注册经营者账号").click()
    page.get_by_label("登录名（字母和数字）").fill(name)
    page.get_by_label("联系人").fill("测试甲")
    page.get_by_label("联系电话或邮箱").fill("021-5555 0100")
    page.get_by_label("口令").fill("correct horse battery")
    _shot(page, "register")
    page.get_by_role("button", name="注册并继续").click()


def _apply(page: Page, code: str = CODE, name: str = FIRM, person: str = "测试甲") -> None:
    page.get_by_label("统一社会信用代码").fill(code)
    page.get_by_label("名称（照营业执照）").fill(name)
    page.get_by_label("法定代表人或经营者姓名").fill(person)
    page.get_by_label("我保证以上内容真实").check()
    page.get_by_role("button", name="下一步").click()


def test_from_nothing_to_a_badge_on_a_telephone(phone: Page, portal: Portal) -> None:
    """A wrong digit, no file, a file as HTML, a redirect off the host, then right: within five minutes."""
    begun = time.monotonic()
    _register(phone, portal, "qinghe")
    _apply(phone, "91310115XX0000018T")
    expect(phone.get_by_role("alert")).to_contain_text("校验位不符")
    _shot(phone, "wrong-code")
    _apply(phone)
    expect(phone.get_by_role("heading", name=FIRM)).to_be_visible()
    phone.get_by_label("网址").fill(f"http://{HOST}:{portal.shop.port}/")
    _shot(phone, "add-site")
    phone.get_by_role("button", name="添加", exact=True).click()
    _shot(phone, "ways")
    button = phone.get_by_role("button", name="我已放好，检查").first
    button.click()
    expect(phone.locator(".way[open] [role=status]").first).to_contain_text("网址不存在（404）")
    _shot(phone, "not-found")
    path = f"/.well-known/scjg-challenge/{portal.token()}"
    for answer, cause in (
        (html("x", portal.token()), "文件类型不对"),
        (Answer(status=302, headers={"Location": "http://elsewhere.example.test/"}), "被转到了另一个域名"),
    ):
        portal.shop.pages[path] = answer
        time.sleep(5.1)
        phone.get_by_role("button", name="再检查一次").first.click()
        expect(phone.locator(".way[open] [role=status]").first).to_contain_text(cause)
    portal.shop.pages[path] = Answer(portal.token().encode(), headers={"Content-Type": "text/plain"})
    time.sleep(5.1)
    phone.get_by_role("button", name="再检查一次").first.click()
    expect(phone.locator("#next")).to_contain_text("标识有效")
    assert time.monotonic() - begun < 300
    _shot(phone, "issued")
    link = phone.get_by_role("link", name="打开标识页")
    link.click()
    expect(phone.get_by_text(CODE).first).to_be_visible()
    assert phone.get_by_text(HOST).count() >= 1
    _shot(phone, "badge")


def test_by_dns_with_an_officer_in_between(phone: Page, portal: Portal, chromium: Browser) -> None:
    """The record typed at the wrong name is found there; another representative waits; the officer agrees."""
    _register(phone, portal, "second")
    _apply(phone, SECOND_CODE, SECOND_FIRM, "测试乙")
    phone.get_by_label("网址").fill(f"http://{SECOND_HOST}:{portal.shop.port}/")
    phone.get_by_role("button", name="添加", exact=True).click()
    phone.locator("summary", has_text="DNS 记录").click()
    record = f'"token={portal.token()}"'
    portal.names.put(SECOND_HOST, "TXT", record)
    phone.get_by_role("button", name="我已放好，检查").first.click()
    expect(phone.locator(".way[open] [role=status]").first).to_contain_text("记录放错了地方")
    _shot(phone, "wrong-host")
    portal.names.put(f"_scjg-challenge.{SECOND_HOST}", "TXT", record)
    time.sleep(5.1)
    phone.get_by_role("button", name="再检查一次").first.click()
    expect(phone.locator("#next")).to_contain_text("等待工作人员核对")
    _shot(phone, "waits")
    desk = chromium.new_context(viewport={"width": 1280, "height": 900})
    desk.set_default_timeout(120_000)
    desk.add_cookies([{"name": "wangjian", "value": portal.officer, "url": portal.web}])
    page = desk.new_page()
    page.goto(f"{portal.web}/applications")
    _shot(page, "officer-list")
    page.get_by_role("link", name="待核对").first.click()
    page.get_by_role("link", name=SECOND_FIRM).first.click()
    expect(page.get_by_text("法定代表人与登记不一致").first).to_be_visible()
    _shot(page, "officer")
    page.get_by_label("核对了什么").fill("已核对营业执照原件与授权书")
    page.get_by_role("button", name="同意").click()
    expect(page.locator("h1 + p")).to_contain_text("已发证")
    desk.close()
    phone.reload()
    expect(phone.locator("#next")).to_contain_text("标识有效")


def test_in_english_and_dark(chromium: Browser, portal: Portal, tmp_path: Path) -> None:
    """The first pages, wholly in English."""
    del tmp_path
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(f"{portal.web}/merchant/register")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Merchant sign-in")).to_have_count(0)
    page.goto(f"{portal.web}/merchant/register")
    expect(page.get_by_role("heading", name="Make a merchant account")).to_be_visible()
    _shot(page, "register-en-dark")
    context.close()
