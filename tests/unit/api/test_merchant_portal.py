"""The merchants' portal over HTTP: journey, refusals, two kinds of sign-in that never open one another's doors."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from api.auth import MAX_FAILURES
from api.ui.catalogue import text
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from kernel.models import Application, AuditEntry, MerchantAccount, MerchantSession, SiteClaim, UserSession
from tests.servers.paper_net import PaperNet
from tests.unit.api.conftest import Browser, House
from tests.unit.api.test_pages import _check, _labelled

PASSWORD = "correct horse battery"
AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
FIRM = RegistryExtract(
    code="91310115XX0000019T", registration_number="", name="上海青禾(测试)商贸有限公司", former_names=(),
    kind="company", status="active", region="310115", address="测试路1号", scope="日用百货",
    persons=(("legal-representative", "测试甲"),),
    established_on=date(2020, 1, 6), approved_on=None, authority="", capital_fen=None,
    websites=("https://www.qinghe.example/",), source_ref="reg-1", source_at=AT,
)  # fmt: skip
FORM = {
    "code": FIRM.code, "name": FIRM.name, "representative": "测试甲", "category": "general", "certified": "1",
}  # fmt: skip


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> PaperNet:
    """Looks of the portal go to a network on paper."""
    network = PaperNet()
    monkeypatch.setattr("api.merchant_desk.Probe", lambda _settings: network)
    return network


@pytest.fixture
def shop(house: House) -> Browser:
    """A registered merchant whose firm the registry knows."""
    with house.context.database.write() as session:
        take_extract(session, FIRM, at=house.clock.at)
    return _register(house, "qinghe")


def _register(house: House, name: str) -> Browser:
    browser = Browser(house.app, house.runner)
    form = {"name": name, "contact": "021-5555 0100", "password": PASSWORD, "display_name": "测试甲"}
    response = browser.post("/merchant/register", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/merchant/apply"), response.text
    browser.csrf = _csrf(browser)
    return browser


def _csrf(browser: Browser) -> str:
    page = LexborHTMLParser(browser.get("/merchant/apply").text)
    node = page.css_first("input[name=csrf_token]")
    assert node is not None
    return str(node.attributes["value"])


def _apply(shop: Browser, **more: str) -> str:
    response = shop.post("/merchant/apply", data={**FORM, **more})
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def _claim(house: House) -> SiteClaim:
    with house.context.database.read() as session:
        return session.execute(select(SiteClaim).order_by(SiteClaim.id.desc()).limit(1)).scalar_one()


def _state(house: House) -> str:
    with house.context.database.read() as session:
        return session.execute(select(Application.state).order_by(Application.id.desc()).limit(1)).scalar_one()


def test_from_a_code_to_a_badge(house: House, shop: Browser, net: PaperNet) -> None:
    """Code, site, a look too early, the record, the look again, the badge: every page closed and labelled."""
    assert shop.get("/merchant").headers["location"] == "/merchant/apply"
    where = _apply(shop)
    response = shop.post(f"{where}/sites", data={"address": "www.qinghe.example", "kind": "site", "scope": "host"})
    claim = _claim(house)
    assert response.headers["location"] == f"{where}#site-{claim.id}"
    check = f"{where}/sites/{claim.id}/check"
    assert shop.post(check, data={"method": "dns"}).status_code == 303
    text = shop.get(where).text
    assert "没有这条记录" in text
    assert f"token={claim.token} expiry=" in text
    net.texts["_scjg-challenge.www.qinghe.example"] = (f"token={claim.token}",)
    house.clock.at += timedelta(seconds=10)
    assert shop.post(check, data={"method": "dns"}).status_code == 303
    assert _state(house) == "issued"
    for language in ("zh", "en"):
        shop.cookies["wangjian_language"] = language
        for path in (where, "/merchant", "/merchant/apply"):
            page = LexborHTMLParser(shop.get(path).text)
            _check(page)
            _labelled(page)
            assert page.css_first("h1") is not None
        body = LexborHTMLParser(shop.get(where).text)
        assert body.css_first("#badge a[href^='/v/']") is not None
    rest = re.sub(
        r"中文|测试甲|上海青禾\(测试\)商贸有限公司|title=\"网上经营者电子标识\"",
        "",
        body.body.text() if body.body else "",
    )
    assert not re.search(r"[\u4e00-\u9fff]", rest), re.findall(r"\S*[\u4e00-\u9fff]\S*", rest)


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"code": "91310115XX0000018T"}, "identity_verify.code", "校验位不符"),
        ({"code": "123"}, "identity_verify.code", "18 位"),
        ({"code": "92310104XX0000027L"}, "identity_verify.code_unknown", "登记库中没有"),
        ({"name": "北京毫不相干科技"}, "identity_verify.other_firm", "名称"),
        ({"certified": ""}, "identity_verify.not_ready", "如实申报"),
    ],
)
def test_what_is_wrong_is_said_plainly(shop: Browser, more: dict[str, str], code: str, words: str) -> None:
    """The form comes back filled in, the field marked, with a code and what to do."""
    response = shop.post("/merchant/apply", data={**FORM, **more})
    assert response.status_code == 422
    assert code in response.text
    assert words in response.text
    page = LexborHTMLParser(response.text)
    assert page.css_first("[aria-invalid=true]") is not None
    value = page.css_first("#representative")
    assert value is not None
    assert value.attributes["value"] == "测试甲"


def test_a_firm_that_ended_cannot_apply(house: House, shop: Browser) -> None:
    """Told in words."""
    with house.context.database.write() as session:
        ended = replace(FIRM, status="revoked", source_at=AT + timedelta(days=1), source_ref="reg-2")
        take_extract(session, ended, at=house.clock.at)
    response = shop.post("/merchant/apply", data=FORM)
    assert response.status_code == 422
    assert "identity_verify.subject_ended" in response.text


@pytest.mark.parametrize("address", ["192.0.2.1", "ftp://x.example", "javascript:alert(1)", "https://a b"])
def test_addresses_that_are_none(shop: Browser, address: str) -> None:
    """The page comes back with what was typed."""
    where = _apply(shop)
    response = shop.post(f"{where}/sites", data={"address": address})
    assert response.status_code == 422
    assert "identity_verify.site_address" in response.text


def test_a_look_alike_waits_for_an_officer_who_decides(house: House, shop: Browser, net: PaperNet) -> None:
    """The merchant sees why; the officer sees both sides and agrees; the badge comes, is suspended, lifted, revoked."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qінghe.example"})
    claim = _claim(house)
    assert "mixed-script" in str(claim.warnings)
    net.texts[f"_scjg-challenge.{claim.host}"] = (f"token={claim.token}",)
    shop.post(f"{where}/sites/{claim.id}/check", data={"method": "dns"})
    assert _state(house) == "pending"
    assert "域名混用了不同文字" in shop.get(where).text
    officer = house.browser("supervisor")
    number = where.rpartition("/")[2]
    assert "上海青禾" in officer.get("/applications?approval=needed").text
    page = officer.get(f"/applications/{number}").text
    assert "测试路1号" in page
    assert "域名与他人相似" in page
    decide = f"/applications/{number}/decision"
    assert officer.post(decide, data={"decision": "grant", "note": ""}).status_code == 409
    assert officer.post(decide, data={"decision": "bribe", "note": "已核对执照"}).status_code == 422
    for decision, state in (("grant", "issued"), ("suspend", "suspended"), ("resume", "issued"), ("revoke", "revoked")):
        response = officer.post(decide, data={"decision": decision, "note": "已核对营业执照原件"})
        assert response.status_code == 303, response.text
        assert _state(house) == state
        assert shop.get(where).status_code == 200
    assert officer.post(decide, data={"decision": "revoke", "note": "已核对执照"}).status_code == 409


def test_sent_back_and_mended(house: House, shop: Browser, net: PaperNet) -> None:
    """The note is read, the form comes filled in, handing in again carries on."""
    where = _apply(shop, representative="测试乙")
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example"})
    claim = _claim(house)
    net.texts[f"_scjg-challenge.{claim.host}"] = (f"token={claim.token}",)
    shop.post(f"{where}/sites/{claim.id}/check", data={"method": "dns"})
    number = where.rpartition("/")[2]
    note = {"decision": "refuse", "note": "法定代表人与登记不符"}
    assert house.browser("investigator").post(f"/applications/{number}/decision", data=note).status_code == 303
    assert "法定代表人与登记不符" in shop.get(where).text
    assert 'value="测试乙"' in shop.get(f"/merchant/apply?again={number}").text
    assert _apply(shop) == where
    assert _state(house) == "issued"


@pytest.mark.parametrize(
    ("method", "days", "cause", "words"),
    [
        ("dns", 400, "expired-token", "验证码已过期"),
        ("file", 0, "redirect-off-host", "被转到了另一个域名"),
        ("dns", 0, "wrong-token", "放的是另一个验证码"),
    ],
)
def test_a_proof_that_does_not_hold_is_told_in_words(  # noqa: PLR0917 - the parts of one case
    house: House, shop: Browser, net: PaperNet, method: str, days: int, cause: str, words: str
) -> None:
    """An expired token, a file that leads to another host, a token of somebody else: what is wrong, and what to do."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example"})
    claim = _claim(house)
    token = claim.token if cause != "wrong-token" else "b" * len(claim.token)
    net.texts[f"_scjg-challenge.{claim.host}"] = (f"token={token}",)
    net.fail(f"https://{claim.host}/.well-known/scjg-challenge/{claim.token}", "redirect-off-host")
    with house.context.database.write() as session:
        session.get_one(SiteClaim, claim.id).token_expires_on -= timedelta(days=days)
    assert shop.post(f"{where}/sites/{claim.id}/check", data={"method": method}).status_code == 303
    page = LexborHTMLParser(shop.get(where).text)
    assert page.body is not None
    assert words in page.body.text()
    assert text("zh", f"word.cause_fix.{cause}") in page.body.text()
    assert _state(house) != "issued"


def test_sites_are_dropped_tokens_renewed_applications_withdrawn(house: House, shop: Browser, net: PaperNet) -> None:
    """Each by its button; what is over takes nothing more."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example"})
    claim = _claim(house)
    assert shop.post(f"{where}/sites/{claim.id}/token").status_code == 303
    assert _claim(house).token != claim.token
    too_soon = [shop.post(f"{where}/sites/{claim.id}/check", data={"method": "file"}) for _ in range(2)]
    assert [item.status_code for item in too_soon] == [303, 422]
    assert "identity_verify.too_often" in too_soon[1].text
    assert shop.post(f"{where}/sites/{claim.id}/check", data={"method": "magic"}).status_code == 422
    assert shop.post(f"{where}/sites/{claim.id}/drop").status_code == 303
    assert shop.post(f"{where}/sites/{claim.id}/drop").status_code == 404
    assert shop.post(f"{where}/withdraw").status_code == 303
    assert _state(house) == "revoked"
    assert shop.post(f"{where}/sites", data={"address": "www.qinghe.example"}).status_code == 422
    assert "再申请" not in shop.get(where).text


def test_other_merchants_see_nothing(house: House, shop: Browser) -> None:
    """Their numbers are not there for anybody else."""
    where = _apply(shop)
    other = _register(house, "other")
    for path in (where, f"/merchant/apply?again={where.rpartition('/')[2]}"):
        assert other.get(path).status_code == 404
    assert other.post(f"{where}/sites", data={"address": "x.example"}).status_code == 404
    assert other.post(f"{where}/sites/1/check", data={"method": "dns"}).status_code == 404
    assert other.post(f"{where}/withdraw").status_code == 404


def test_two_kinds_of_sign_in_never_meet(house: House, shop: Browser) -> None:
    """An officer's cookie opens no merchant's page, a merchant's none of the officers', under either name."""
    officer = house.browser("investigator")
    refused = officer.get("/merchant")
    assert refused.status_code == 403
    assert "经营者的页面" in refused.text
    assert shop.get("/shops").status_code == 303
    assert shop.get("/api/v1/session").status_code == 401
    crossed = Browser(house.app, house.runner)
    crossed.cookies = {"wangjian": shop.cookies["wangjian_merchant"], "wangjian_merchant": officer.cookies["wangjian"]}
    assert crossed.get("/shops").headers["location"].startswith("/signin")
    assert crossed.get("/merchant").headers["location"].startswith("/merchant/signin")
    with house.context.database.read() as session:
        digests = set(session.execute(select(MerchantSession.token_sha256)).scalars())
        assert digests.isdisjoint(session.execute(select(UserSession.token_sha256)).scalars())


def test_unsafe_calls_come_from_our_own_pages(house: House, shop: Browser) -> None:
    """Another origin, another token, an officer's token: refused."""
    token = shop.csrf
    for csrf, origin in (("wrong", shop.origin), ("", shop.origin), (token, "https://evil.example"), (token, "null")):
        shop.csrf, shop.origin = csrf, origin
        assert shop.post("/merchant/apply", data=FORM).status_code == 403
    shop.csrf, shop.origin = token, "http://127.0.0.1:8600"
    assert (
        shop.post("/merchant/preferences", data={"language": "en", "next": "//evil.example"}).headers["location"]
        == "/merchant"
    )
    anonymous = Browser(house.app, house.runner, origin="")
    assert anonymous.post("/merchant/signin", data={"name": "a", "password": "b"}).status_code == 403


def test_five_wrong_passwords_lock(house: House, shop: Browser) -> None:
    """For fifteen minutes, also for the right one; then it opens again. Unknown names look the same."""
    browser = Browser(house.app, house.runner)
    wrong = {"name": "QingHe", "password": "wrong wrong wrong"}
    right = {"name": "qinghe", "password": PASSWORD, "next": "/merchant/apply"}
    texts = {browser.post("/merchant/signin", data=wrong).status_code for _ in range(MAX_FAILURES)}
    assert texts == {401}
    assert browser.post("/merchant/signin", data=right).status_code == 401
    assert browser.post("/merchant/signin", data={**wrong, "name": "nobody"}).status_code == 401
    house.clock.at += timedelta(minutes=16)
    response = browser.post("/merchant/signin", data=right)
    assert (response.status_code, response.headers["location"]) == (303, "/merchant/apply")
    assert browser.get("/merchant/signin").status_code == 303
    assert browser.get("/merchant/register").status_code == 303
    browser.csrf = _csrf(browser)
    assert browser.post("/merchant/signout").headers["location"] == "/merchant/signin"
    assert browser.get("/merchant").headers["location"] == "/merchant/signin?next=%2Fmerchant"
    with house.context.database.read() as session:
        actors = set(session.execute(select(AuditEntry.actor).where(AuditEntry.action == "merchant.refused")).scalars())
    assert actors == {"merchant:qinghe", "system:web"}


def test_a_session_ends(house: House, shop: Browser) -> None:
    """After its hours, and when the account is switched off; an odd cookie never was one."""
    with house.context.database.write() as session:
        session.execute(select(MerchantAccount)).scalar_one().active = False
    assert shop.get("/merchant").status_code == 303
    with house.context.database.write() as session:
        session.execute(select(MerchantAccount)).scalar_one().active = True
    house.clock.at += timedelta(hours=9)
    assert shop.get("/merchant").status_code == 303
    shop.cookies["wangjian_merchant"] = '"\\"'
    assert shop.get("/merchant").status_code == 303


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": "x"}, "api.input"),
        ({"name": "上海"}, "api.input"),
        ({"contact": ""}, "api.input"),
        ({"password": "short"}, "api.input"),
        ({"name": "qinghe"}, "api.conflict"),
    ],
)
def test_accounts_that_cannot_be_made(house: House, shop: Browser, more: dict[str, str], code: str) -> None:
    """A name that is none or taken, no contact, a short password."""
    form = {"name": "second", "contact": "021-5555 0100", "password": PASSWORD, **more}
    response = Browser(house.app, house.runner).post("/merchant/register", data=form)
    assert response.status_code == 422
    assert code in response.text


def test_sign_ups_have_a_limit(house: House, shop: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script cannot make accounts without end."""
    monkeypatch.setattr("api.merchant_auth.SIGN_UPS_AN_HOUR", 1)
    form = {"name": "second", "contact": "021-5555 0100", "password": PASSWORD}
    assert "api.busy" in Browser(house.app, house.runner).post("/merchant/register", data=form).text


def test_a_shop_on_a_platform_is_put_under_watch(house: House, shop: Browser, net: PaperNet) -> None:
    """So that the crawler reads its notice; until then the cause says so."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "https://mall.example/shop/7/", "kind": "shop"})
    claim = _claim(house)
    assert claim.shop_id is not None
    shop.post(f"{where}/sites/{claim.id}/check", data={"method": "shop"})
    assert "还没有读到这家店铺" in shop.get(where).text


def test_hostile_answers_stay_text(house: House, shop: Browser, net: PaperNet) -> None:
    """What a name server or a page says is shown as text."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example"})
    claim = _claim(house)
    net.texts[f"_scjg-challenge.{claim.host}"] = ("<script>alert(1)</script>",)
    shop.post(f"{where}/sites/{claim.id}/check", data={"method": "dns"})
    text = shop.get(where).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_looks_have_their_places(house: House, shop: Browser, net: PaperNet) -> None:
    """When all are taken by slow sites, the next one is told to wait; officers are not held up."""
    where = _apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example"})
    check = f"{where}/sites/{_claim(house).id}/check"
    while house.context.looks.acquire(blocking=False):
        pass
    refused = shop.post(check, data={"method": "dns"})
    assert refused.status_code == 422
    assert "api.busy" in refused.text
    assert net.asked == []
    house.context.looks.release()
    assert shop.post(check, data={"method": "dns"}).status_code == 303
    assert house.browser("supervisor").get("/applications").status_code == 200
