"""Forgotten passwords: by a code from the counter, by control of a site; limited, audited, every sign-in ended."""

import re
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from api.merchant_recovery import TRIES
from identity_verify.control_token import WELL_KNOWN
from kernel.models import AuditEntry, MerchantAccount, MerchantSession
from tests.servers.paper_net import PaperNet
from tests.unit.api import test_merchant_portal as portal
from tests.unit.api.conftest import Browser, House
from tests.unit.api.test_pages import _check, _labelled

NEW = "another good password"
net, shop = portal.net, portal.shop


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch, net: PaperNet) -> None:
    """Looks of the recovery go to the network on paper."""
    monkeypatch.setattr("api.merchant_recovery.Probe", lambda _settings: net)


@pytest.fixture
def badged(house: House, shop: Browser, net: PaperNet) -> Browser:
    """A merchant with a proven site and a badge."""
    where = portal._apply(shop)
    shop.post(f"{where}/sites", data={"address": "www.qinghe.example", "kind": "site", "scope": "host"})
    claim = portal._claim(house)
    net.texts["_scjg-challenge.www.qinghe.example"] = (f"token={claim.token}",)
    assert shop.post(f"{where}/sites/{claim.id}/check", data={"method": "dns"}).status_code == 303
    assert portal._state(house) == "issued"
    return shop


def _stranger(house: House) -> Browser:
    return Browser(house.app, house.runner)


def _audited(house: House, action: str) -> list[AuditEntry]:
    with house.context.database.read() as session:
        return list(session.execute(select(AuditEntry).where(AuditEntry.action == action)).scalars())


def _hand_out(house: House, **more: str) -> str:
    officer = house.browser("supervisor")
    response = officer.post("/applications/1/recovery", data={"checked": "营业执照原件与身份证", **more})
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found = re.search(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", response.text)
    assert found is not None
    return found[0]


def _by_code(browser: Browser, code: str, name: str = "qinghe", password: str = NEW) -> int:
    form = {"name": name, "code": code, "password": password}
    return browser.post("/merchant/recover/code", data=form).status_code


def _signs_in(house: House, password: str) -> bool:
    response = _stranger(house).post("/merchant/signin", data={"name": "qinghe", "password": password})
    return bool(response.status_code == 303)


def test_a_code_from_the_counter(house: House, badged: Browser) -> None:
    """Once, typed as people type; all sign-ins end; the code itself stands nowhere."""
    code = _hand_out(house)
    stranger = _stranger(house)
    assert _by_code(stranger, f" {code.lower().replace('-', ' ')} ") == 303
    assert badged.get("/merchant").status_code in {302, 303, 401}
    assert _signs_in(house, NEW)
    assert not _signs_in(house, portal.PASSWORD)
    assert _by_code(stranger, code) == 422
    (handed,), (done,) = _audited(house, "merchant.recovery_code"), _audited(house, "merchant.recovered")
    assert handed.detail["checked"] == "营业执照原件与身份证"
    assert done.detail == {"how": "code", "by": handed.actor}
    assert not handed.actor.startswith("merchant:")
    with house.context.database.read() as session:
        account = session.execute(select(MerchantAccount).where(MerchantAccount.name == "qinghe")).scalar_one()
        kept = f"{handed.detail}{done.detail}{account.recovery_sha256}"
        assert len(session.execute(select(MerchantSession)).scalars().all()) == 1
    assert code.replace("-", "") not in kept


def test_what_was_checked_must_be_said(house: House, badged: Browser) -> None:
    """No code without it, and none from somebody who may not."""
    del badged
    refused = house.browser("supervisor").post("/applications/1/recovery", data={"checked": " "})
    assert (refused.status_code, "identity_verify.not_ready" in refused.text) == (409, True)
    assert house.browser("administrator").post("/applications/1/recovery", data={"checked": "证件"}).status_code == 403
    assert _audited(house, "merchant.recovery_code") == []


@pytest.mark.parametrize("wrong", ["AAAA-AAAA-AAAA-AAAA", "", "code"])
def test_wrong_codes_are_counted_and_then_nothing_helps(house: House, badged: Browser, wrong: str) -> None:
    """After five the code is worth nothing, and the name has to wait an hour."""
    del badged
    code, stranger = _hand_out(house), _stranger(house)
    for _ in range(TRIES):
        response = stranger.post("/merchant/recover/code", data={"name": "qinghe", "code": wrong, "password": NEW})
        assert (response.status_code, "identity_verify.recovery" in response.text) == (422, True)
    late = stranger.post("/merchant/recover/code", data={"name": "qinghe", "code": code, "password": NEW})
    assert (late.status_code, "api.busy" in late.text) == (422, True)
    house.clock.at += timedelta(hours=2)
    assert _by_code(stranger, code) == 422
    assert len(_audited(house, "merchant.recovery_refused")) == TRIES + 1
    assert _signs_in(house, portal.PASSWORD)


def test_a_code_ends_after_a_day_and_with_the_next(house: House, badged: Browser) -> None:
    """An older one counts no more."""
    del badged
    first = _hand_out(house)
    second = _hand_out(house)
    assert _by_code(_stranger(house), first) == 422
    house.clock.at += timedelta(hours=25)
    assert _by_code(_stranger(house), second) == 422
    assert _by_code(_stranger(house), _hand_out(house), password="short") == 422
    assert _by_code(_stranger(house), _hand_out(house), name="nobody") == 422


def _ask(browser: Browser, address: str = "www.qinghe.example", name: str = "qinghe") -> dict[str, str]:
    response = browser.post("/merchant/recover/site", data={"name": name, "address": address})
    assert response.status_code == 200, response.text
    page = LexborHTMLParser(response.text)
    _check(page)
    _labelled(page)
    fields = {str(node.attributes["name"]): str(node.attributes["value"]) for node in page.css("input[type=hidden]")}
    token = re.search(r"scjg-challenge/([a-z2-7]{26})", response.text)
    assert token is not None
    return {"token": token[1], **{name: fields[name] for name in ("name", "address", "secret")}}


def _look(browser: Browser, asked: dict[str, str], **more: str) -> int:
    form = {"password": NEW, "method": "file", **asked, **more}
    return browser.post("/merchant/recover/site/check", data=form).status_code


def test_by_a_site_that_is_proven(house: House, badged: Browser, net: PaperNet) -> None:
    """A new token on it, by file; the token alone, seen by anybody, helps nobody."""
    del badged
    stranger = _stranger(house)
    asked = _ask(stranger)
    assert _look(stranger, asked) == 422
    net.serve(f"https://www.qinghe.example{WELL_KNOWN}{asked['token']}", asked["token"], content_type="text/plain")
    assert _look(_stranger(house), {**asked, "secret": f"{asked['secret'].partition('.')[0]}.{'x' * 32}"}) == 422
    assert _look(stranger, asked) == 303
    assert _signs_in(house, NEW)
    (done,) = _audited(house, "merchant.recovered")
    assert done.detail == {"how": "site", "host": "www.qinghe.example", "method": "file"}


def test_by_dns(house: House, badged: Browser, net: PaperNet) -> None:
    """The other place for the token."""
    del badged
    asked = _ask(_stranger(house))
    net.texts["_scjg-challenge.www.qinghe.example"] = (f"token={asked['token']}",)
    assert _look(_stranger(house), asked, method="dns") == 303


def test_nothing_is_told_of_other_sites_and_names(house: House, badged: Browser, net: PaperNet) -> None:
    """The pages look alike, nothing is fetched, and the answer is one."""
    del badged
    stranger, before = _stranger(house), len(net.asked)
    for address, name in (("www.other.example", "qinghe"), ("www.qinghe.example", "nobody")):
        asked = _ask(stranger, address, name)
        net.serve(f"https://{address}{WELL_KNOWN}{asked['token']}", asked["token"], content_type="text/plain")
        assert _look(stranger, asked) == 422
    assert len(net.asked) == before
    bad = stranger.post("/merchant/recover/site", data={"name": "qinghe", "address": "http://192.0.2.1/"})
    assert (bad.status_code, "identity_verify.site_address" in bad.text) == (422, True)


def test_a_token_is_good_for_a_day(house: House, badged: Browser, net: PaperNet) -> None:
    """And a secret that was made up is none."""
    del badged
    stranger = _stranger(house)
    asked = _ask(stranger)
    net.serve(f"https://www.qinghe.example{WELL_KNOWN}{asked['token']}", asked["token"], content_type="text/plain")
    house.clock.at += timedelta(hours=25)
    assert _look(stranger, asked) == 422
    assert _look(stranger, {**asked, "secret": "x"}) == 422


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_whole(house: House, language: str) -> None:
    """Closed and labelled in both languages; the sign-in page leads there and says when it is done."""
    browser = _stranger(house)
    browser.cookies["wangjian_language"] = language
    page = LexborHTMLParser(browser.get("/merchant/recover").text)
    _check(page)
    _labelled(page)
    assert 'href="/merchant/recover"' in browser.get("/merchant/signin").text
    assert 'role="status"' in browser.get("/merchant/signin?recovered=1").text
