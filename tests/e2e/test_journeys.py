"""Journeys of officers in real Chromium against a really running installation."""

import re
import zipfile
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from kernel.models import Job, RuleHit
from tests.e2e.conftest import SHOTS, Desk, Site
from tests.e2e.seeded_market import AT, HOSTILE_TITLE

MakeDesk = Callable[..., Desk]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def sealed(site: Site) -> dict[str, str]:
    """Evidence ordered once by the capture journey and used by those after it."""
    del site
    return {}


def _order(desk: Desk, sealed: dict[str, str]) -> str:
    """Order a capture of the real page, if none was yet, and wait until it is sealed."""
    if "id" not in sealed:
        page = desk.open(f"/listings/{desk.site.captured_listing}")
        page.get_by_text("下令取证").click()
        page.get_by_label("取证用途").fill("核查“全网第一”用语")
        desk.shot("order")
        page.get_by_role("button", name="立即取证").click()
        expect(page.locator(".states").first).to_contain_text("已封存", timeout=240_000)
        sealed["id"] = urlsplit(page.url).path.rpartition("/")[2]
    desk.open(f"/evidence/{sealed['id']}")
    return sealed["id"]


def _read(desk: Desk) -> None:
    """Say why the contents are looked at, unless it was said just now."""
    if desk.page.get_by_label("查看用途").count():
        desk.page.get_by_label("查看用途").fill("审查截图")
        desk.page.get_by_role("button", name="查看截图与回放").click()


def test_sign_in_by_ticket_and_out(site: Site, make_desk: MakeDesk) -> None:
    """1: the printed link asks first, signs in once, and signing out closes everything."""
    desk = make_desk()
    ticket = site.sign_in("supervisor", kind="ticket")
    page = desk.open(f"/signin/once?ticket={ticket}")
    page.get_by_role("button", name="确认登录").click()
    expect(page).to_have_url(f"{site.web}/")
    expect(page.get_by_role("heading", name="概览")).to_be_visible()
    desk.shot("overview")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{site.web}/signin")
    desk.open("/shops")
    expect(page).to_have_url(f"{site.web}/signin?next=%2Fshops")


def test_search_with_facets_and_back(site: Site, make_desk: MakeDesk) -> None:
    """2: facets narrow without a reload, the URL holds it all, and Back goes where one was."""
    desk = make_desk("supervisor")
    page = desk.open("/")
    page.get_by_label("搜索商品").fill("明前")
    page.keyboard.press("Enter")
    expect(page.locator(".found [role=status]")).to_contain_text("78")
    page.get_by_role("link", name=re.compile("云栖茶叶专营店2号 40")).click()
    expect(page.locator(".found [role=status]")).to_contain_text("40")
    assert "shop=2" in page.url
    page.get_by_role("link", name="价格高到低").click()
    expect(page.locator("td.num").first).to_contain_text("¥712.90")
    desk.shot("search")
    narrowed = page.url
    page.locator("td a[data-open]").first.click()
    expect(page.get_by_role("heading", name="当前事实")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(narrowed)
    expect(page.locator(".found [role=status]")).to_contain_text("40")
    for _ in range(2):
        page.evaluate("history.back()")
        page.wait_for_timeout(300)
    expect(page.locator(".found [role=status]")).to_contain_text("78")
    page.locator("summary", has_text="保存搜索").click()
    page.get_by_label("名称", exact=True).fill("明前茶")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("link", name="明前茶", exact=True)).to_be_visible()


def test_from_a_listing_to_the_reasons_of_a_hit(site: Site, make_desk: MakeDesk) -> None:
    """3: quote in context, article with its confidence, "a lead, not a finding", decision without a reload."""
    desk = make_desk("supervisor")
    page = desk.open(f"/listings/{site.seeded.listings[2]}")
    hit = page.locator("article.hit")
    expect(hit.locator("mark")).to_have_text("全网第一")
    expect(hit.locator(".laws")).to_contain_text("广告法 第九条")
    expect(hit).to_contain_text("这是线索，不是认定")
    expect(page.locator("svg.chart path.line.shown")).to_have_count(1)
    desk.shot("listing")
    hit.get_by_text("处理").click()
    hit.get_by_label("理由").fill("确为指向商品的绝对化用语")
    hit.get_by_role("button", name="确认为线索").click()
    expect(page.locator("article.hit .hit-confirmed")).to_have_text("已确认")
    expect(page.locator("article.hit")).to_contain_text("确为指向商品的绝对化用语")
    assert desk.violations() == []


def test_an_ordered_capture_is_sealed(make_desk: MakeDesk, sealed: dict[str, str]) -> None:
    """4: from the button to sealed evidence with screenshots, by the real worker."""
    desk = make_desk("investigator")
    _order(desk, sealed)
    _read(desk)
    expect(desk.page.locator(".screens img").first).to_be_visible()
    expect(desk.page.locator(".screens img").first).to_have_js_property("complete", value=True)
    assert desk.page.evaluate("document.querySelector('.screens img').naturalWidth") > 100
    expect(desk.page.locator(".custody")).to_contain_text("核查“全网第一”用语")
    desk.shot("evidence")
    assert desk.violations() == []


def test_verification_runs_live(make_desk: MakeDesk, sealed: dict[str, str]) -> None:
    """5: the steps appear one by one, nothing fails, and the custody chain has it afterwards."""
    desk = make_desk("investigator")
    _order(desk, sealed)
    page = desk.page
    page.get_by_role("button", name="开始校验").click()
    expect(page.locator("#steps-verdict .verdict")).to_be_visible(timeout=60_000)
    assert page.locator("#steps .step").count() >= 12
    assert page.locator("#steps .outcome-FAILED").count() == 0
    desk.shot("verification")
    page.reload()
    expect(page.locator(".custody")).to_contain_text("校验")
    assert desk.violations() == []


def test_the_package_is_downloaded_for_a_purpose(
    make_desk: MakeDesk, sealed: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """6: the file is a whole package, and who took it and why is in the chain."""
    desk = make_desk("investigator")
    number = _order(desk, sealed)
    page = desk.page
    page.locator("summary", has_text="下载证据包").click()
    page.get_by_label("导出用途").fill("移送法制审核")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载", exact=True).click()
    target = tmp_path_factory.mktemp("download") / "package.zip"
    waiting.value.save_as(target)
    assert waiting.value.suggested_filename == f"{number}.evidence.zip"
    with zipfile.ZipFile(target) as package:
        assert "tagmanifest-sha256.txt" in package.namelist()
    page.reload()
    expect(page.locator(".custody")).to_contain_text("移送法制审核")


def test_the_archived_page_replays_elsewhere(site: Site, make_desk: MakeDesk, sealed: dict[str, str]) -> None:
    """7: on another origin, without any cookie of ours, and without a request to anybody else."""
    desk = make_desk("investigator")
    _order(desk, sealed)
    _read(desk)
    page = desk.page
    page.get_by_role("link", name="回放存档页面").click()
    with desk.context.expect_page() as waiting:
        page.locator("#open-replay").click()
    tab = waiting.value
    inner = tab.frame_locator("replay-web-page iframe").frame_locator("iframe")
    expect(inner.get_by_role("heading", name="云栖明前龙井")).to_be_visible(timeout=60_000)
    expect(tab.get_by_text("存档回放")).to_be_visible()
    tab.screenshot(path=SHOTS / "e2e-replay.png")
    assert urlsplit(tab.url).netloc == f"{sealed['id']}.{site.replay}"
    elsewhere = [request for request in desk.requests if urlsplit(request.url).netloc == urlsplit(tab.url).netloc]
    opened = [request for request in elsewhere if request.resource_type in {"document", "script", "stylesheet"}]
    assert any("/view/" in request.url for request in opened)
    for request in opened:
        assert "wangjian=" not in request.all_headers().get("cookie", ""), request.url
    assert tab.evaluate("window.opener") is None
    tab.evaluate("document.cookie = 'above=1; domain=localhost'")
    kept = {cookie["domain"] for cookie in desk.context.cookies() if not cookie["name"].startswith("wangjian")}
    assert kept <= {urlsplit(tab.url).hostname}, "what an archived page keeps stays on its own origin"


def test_a_job_shows_progress_and_stops(site: Site, make_desk: MakeDesk) -> None:
    """8: the page moves with the job, by itself, and a stop is seen at once."""
    desk = make_desk("supervisor")
    with site.database.write() as session:
        session.add(
            Job(
                id="job-e2e",
                kind="watch",
                title="巡查 watch × 3",
                state="running",
                created_by="supervisor",
                created_at=AT,
                started_at=AT,
                heartbeat_at=AT,
                progress={"done": 1, "total": 9},
            )
        )
    page = desk.open("/jobs/job-e2e")
    expect(page.locator("progress")).to_have_attribute("value", "1")
    with site.database.write() as session:
        session.get_one(Job, "job-e2e").progress = {"done": 7, "total": 9}
    expect(page.locator("progress")).to_have_attribute("value", "7")
    desk.shot("job")
    page.get_by_role("button", name="停止任务").click()
    expect(page.get_by_text("正在停止")).to_be_visible()
    with site.database.write() as session:
        assert session.get_one(Job, "job-e2e").cancel_asked
        session.get_one(Job, "job-e2e").state = "cancelled"
    expect(page.locator(".tag.job-cancelled")).to_have_text("已停止")
    assert desk.violations() == []


def test_language_and_dark_are_switched(make_desk: MakeDesk) -> None:
    """9: both hold from page to page, and the page one was on stays."""
    desk = make_desk("supervisor")
    page = desk.open("/hits?severity=high")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name=re.compile("^Leads"))).to_be_visible()
    assert page.url.endswith("/hits?severity=high")
    page.get_by_role("button", name="Theme: as the system").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    desk.open("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    desk.shot("dark")


def test_all_by_keyboard(site: Site, make_desk: MakeDesk) -> None:
    """10: skip link, search, rows, open, help and going places, without a mouse."""
    desk = make_desk("supervisor")
    page = desk.open("/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("龙井")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=%E9%BE%99%E4%BA%95"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = page.locator("td a[data-open]").first
    expect(second).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="当前事实")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(f"{site.web}/hits")


def test_leads_are_decided_together(site: Site, make_desk: MakeDesk) -> None:
    """Ticked all at once, decided for one reason; the list tells how many."""
    desk = make_desk("supervisor")
    page = desk.open("/hits?state=new&rule=AD01")
    page.get_by_label("本页全选").check()
    ticked = [int(box.input_value()) for box in page.locator('input[name="hit_id"]:checked').all()]
    assert ticked
    page.locator("#several-reason").fill("均已核对原页面")
    page.locator("#several").get_by_role("button", name="确认为线索").click()
    expect(page.locator("p.done")).to_contain_text(f"已处理 {len(ticked)} 条线索")
    with site.database.write() as session:
        rows = session.execute(select(RuleHit).where(RuleHit.id.in_(ticked))).scalars().all()
        assert {row.state for row in rows} == {"confirmed"}
        for row in rows:  # as the other journeys expect them
            row.state = "new"
    assert desk.violations() == []


PATHS = ("/", "/search", "/shops", "/shops/1", "/listings/1", "/listings/5", "/hits", "/evidence", "/jobs",
         "/jobs/job-000000000001aa", "/watches/new", "/rules", "/help", "/account")  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_a_phone(make_desk: MakeDesk, theme: str) -> None:
    """11: at 360 px nothing is cut off sideways and the menu opens."""
    desk = make_desk("supervisor", width=360, height=740, theme=theme)
    for path in PATHS:
        page = desk.open(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (path, wide)
        assert desk.violations() == [], path
    desk.open("/")
    page.get_by_text("菜单").click()
    page.get_by_role("link", name="网店", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^网店"))).to_be_visible()
    desk.shot(f"phone-{theme}")


def test_a_hostile_title_does_nothing(site: Site, make_desk: MakeDesk) -> None:
    """12: it is shown as text on every page that shows it, and no script of it runs."""
    desk = make_desk("investigator")
    dialogs: list[str] = []
    desk.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for path in ("/search", f"/listings/{site.seeded.listings[0]}", "/hits", "/shops/1", "/evidence",
                 f"/evidence/{site.seeded.rule_evidence}"):  # fmt: skip
        page = desk.open(path)
        expect(page.get_by_text(HOSTILE_TITLE).first).to_be_visible()
        assert page.title() != "owned"
        assert desk.violations() == []
    assert dialogs == []


def test_a_watch_from_a_list_with_errors(make_desk: MakeDesk) -> None:
    """13: the lines that are wrong are named, with what to do, and nothing starts by itself."""
    desk = make_desk("supervisor")
    page = desk.open("/watches/new")
    content = "url,name,platform,reason\nhttps://new.example.test/,新店,,抽查\nnot an address,,,\n"
    page.get_by_label("或上传 CSV 名单").set_input_files(
        {"name": "shops.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="开始巡查").click()
    expect(page.locator("#row-errors")).to_contain_text("1 行没有通过，1 行可用")
    expect(page.locator("#row-errors tbody tr")).to_have_count(1)
    desk.shot("watch-errors")
