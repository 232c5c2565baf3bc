"""Signing in and out over HTTP."""

import pytest
from argon2 import PasswordHasher

from api.app import create_app
from api.auth import PasswordGate
from kernel.config import Settings
from kernel.models import User
from tests.e2e.seeded_market import add_sign_in
from tests.unit.api.conftest import House

PASSWORD = "four unrelated words here"


@pytest.fixture
def known(house: House) -> House:
    """The supervisor has a password."""
    house.context.gate = PasswordGate(hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with house.context.database.write() as session:
        session.get_one(User, house.seeded.users["supervisor"]).password_hash = house.context.gate.hash(PASSWORD)
    return house


def test_a_password_opens_the_page_that_was_wanted(known: House) -> None:
    """The cookie is closed to scripts and other sites, and an outside address is not followed."""
    browser = known.browser()
    data = {"name": "supervisor", "password": PASSWORD, "next": "/shops?text=a"}
    response = browser.post("/signin", data=data)
    assert (response.status_code, response.headers["location"]) == (303, "/shops?text=a")
    cookie = response.headers["set-cookie"].lower()
    assert cookie.startswith("wangjian=")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))
    assert browser.get("/shops").status_code == 200
    assert browser.get("/signin?next=/hits").headers["location"] == "/hits"
    for outside in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        again = known.browser().post("/signin", data={**data, "next": outside})
        assert again.headers["location"] == "/"


def test_a_wrong_password_says_nothing_more(known: House) -> None:
    """Unknown name and wrong password give the same answer."""
    pages = [
        known.browser().post("/signin", data={"name": name, "password": "no"}).text.replace(name, "")
        for name in ("supervisor", "nobody")
    ]
    assert pages[0] == pages[1]
    response = known.browser().post("/api/v1/session", json={"name": "nobody", "password": "no"})
    assert (response.status_code, response.json()["code"]) == (401, "api.sign_in_failed")


def test_the_api_signs_in_and_out(known: House) -> None:
    """The answer carries the CSRF token that unsafe calls need."""
    browser = known.browser()
    body = browser.post("/api/v1/session", json={"name": "supervisor", "password": PASSWORD}).json()
    assert body["roles"] == ["supervisor"]
    assert "evidence.order" in body["permissions"]
    browser.csrf = body["csrf_token"]
    assert browser.get("/api/v1/session").json() == body
    assert browser.request("DELETE", "/api/v1/session").status_code == 204
    assert browser.get("/api/v1/session").status_code == 401


def test_a_link_preview_does_not_use_up_a_ticket(house: House) -> None:
    """GET shows a button; POST signs in; a second POST does not."""
    with house.context.database.write() as session:
        ticket, _ = add_sign_in(session, house.seeded.users["supervisor"], at=house.clock.at, kind="ticket")
    browser = house.browser()
    for _ in range(2):
        assert ticket in browser.get(f"/signin/once?ticket={ticket}").text
    assert browser.post("/signin/once", data={"ticket": ticket}).headers["location"] == "/"
    assert browser.get("/").status_code == 200
    assert house.browser().post("/signin/once", data={"ticket": ticket}).status_code == 401


def test_signing_out_ends_the_session_itself(house: House) -> None:
    """A copied cookie is worth nothing afterwards."""
    browser, copy = house.browser("supervisor"), house.browser()
    copy.cookies = dict(browser.cookies)
    assert browser.post("/signout").headers["location"] == "/signin"
    assert copy.get("/").status_code == 303


def test_ones_own_password_can_be_set(known: House) -> None:
    """Too short is refused with the field named."""
    browser = known.browser("investigator")
    assert browser.post("/account/password", data={"password": "short"}).status_code == 422
    assert browser.post("/account/password", data={"password": PASSWORD}).status_code == 303
    assert browser.get("/account?saved=true").status_code == 200
    data = {"name": "investigator", "password": PASSWORD}
    assert known.browser().post("/signin", data=data).status_code == 303


def test_language_and_theme_are_kept(shared_house: House) -> None:
    """Known values only, and back to the page one was on."""
    browser = shared_house.browser("supervisor")
    response = browser.post("/preferences", data={"language": "en", "next": "/shops"})
    assert response.headers["location"] == "/shops"
    browser.post("/preferences", data={"theme": "dark"})
    page = browser.get("/shops").text
    assert '<html lang="en" data-theme="dark">' in page
    browser.post("/preferences", data={"theme": '"><script>', "language": "xx"})
    assert '<html lang="en" data-theme="dark">' in browser.get("/shops").text


def test_https_binds_the_cookie_to_the_host(config: Settings) -> None:
    """Behind TLS the cookie has the __Host- prefix and browsers are told to stay on TLS."""
    app = create_app(config.model_copy(update={"public_url": "https://wangjian.example"}))
    context = app.state.context
    assert context.https
    assert context.allowed_hosts() == frozenset({"wangjian.example"})
    assert context.replay_origin("ev-1") == "https://wangjian.example:8601"
    context.database.close()


def test_a_new_password_ends_every_other_sign_in(house: House) -> None:
    """Somebody who changes a password because it is known wants the others out."""
    browser, thief = house.browser("supervisor"), house.browser("supervisor")
    assert thief.get("/account").status_code == 200
    assert browser.post("/account/password", data={"password": PASSWORD}).status_code == 303
    assert browser.get("/account").status_code == 200
    assert thief.get("/account").status_code == 303


def test_comparing_a_password_keeps_nobody_from_writing(known: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else strangers at the sign-in would hold up the crawl."""
    seen: list[str] = []

    def compare(stored: str, password: str) -> bool:
        with known.context.database.write() as session:
            seen.append(session.get_one(User, known.seeded.users["supervisor"]).name)
        return bool(stored) and password == PASSWORD

    monkeypatch.setattr(known.context.gate, "matches", compare)
    data = {"name": "supervisor", "password": PASSWORD}
    assert known.browser().post("/signin", data=data).status_code == 303
    assert known.browser().post("/api/v1/session", json=data).status_code == 200
    assert seen == ["supervisor"] * 2


@pytest.mark.parametrize("wanted", ["//[", "/\\["])
def test_a_broken_next_address_is_not_followed(house: House, wanted: str) -> None:
    """It is no fault of ours either."""
    assert house.browser("supervisor").get("/signin", params={"next": wanted}).headers["location"] == "/"


def test_the_replay_name_leads_to_ours(house: House) -> None:
    """Cookies do not tell ports apart: what an archived page sets for its name never comes back to us."""
    context = house.context
    assert "localhost:8600" not in context.allowed_hosts()
    assert context.replay_origin("ev-1") == "http://ev-1.localhost:8601"
    moved = house.browser("supervisor").get("/shops?text=a%20b", headers={"host": "localhost:8600"})
    assert (moved.status_code, moved.headers["location"]) == (307, "http://127.0.0.1:8600/shops?text=a%20b")
    posted = house.browser("supervisor").post("/signout", headers={"host": "localhost:8600"})
    assert posted.status_code == 421
