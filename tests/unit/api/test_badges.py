"""Badges for everybody: verdicts, pages, live badge, reports, files, and how soon a revocation shows."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api import badge_desk
from identity_verify import badges, sightings, status_list
from identity_verify.badge_files import write_dump, write_lists
from identity_verify.badge_keys import keys_in, open_keys
from identity_verify.sightings import Seen
from kernel.clock import monotonic
from kernel.models import Badge, BadgeSighting
from tests.data.badges.issuing import add_subject, site
from tests.unit.api.conftest import House

JSON = {"content-type": "application/json"}


@pytest.fixture
def badge(house: House) -> Badge:
    """A badge for a host, a domain with a port, and a shop on a platform."""
    at = house.clock.at
    add_subject(house.context.database, 900, name="上海样例<九百>号(测试)有限公司", at=at)
    sites = [
        site("shop.example.test", at=at),
        site("more.example.test", "domain", at=at),
        site("mall.example.test", "path", path="/s/7", at=at),
    ]
    with house.context.database.write() as session:
        return badges.issue(session, open_keys(house.context.settings), 900, sites, at=at)


@pytest.fixture
def a_second_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the desk's clock that never steps."""
    moved = [0.0]
    monkeypatch.setattr(badge_desk, "monotonic", lambda: monotonic() + moved[0])

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


def _set(house: House, badge: Badge, state: str) -> None:
    with house.context.database.write() as session:
        badges.set_state(session, badge.id, state, reason="内部理由", actor="officer", at=house.clock.at)


def _sightings(house: House) -> list[tuple[str, str, int]]:
    with house.context.database.read() as session:
        return [(row.kind, row.host, row.times) for row in session.execute(select(BadgeSighting)).scalars()]


def test_a_verdict_for_anybody(house: House, badge: Badge) -> None:
    """Without a sign-in, from any page, with an entity tag; not a word of what officers wrote."""
    browser = house.browser()
    answer = browser.get(f"/api/v1/badges/{badge.id.lower()}")
    said = answer.json()
    assert (answer.status_code, said["verdict"], said["ok"], said["badge"]) == (200, "valid", True, badge.id)
    assert said["sites"] == badge.sites
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=2"
    again = browser.get(f"/api/v1/badges/{badge.id}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for where, word in (("https://shop.example.test/x", "valid"), ("https://copy.example.test/", "place")):
        assert browser.get(f"/api/v1/badges/{badge.id}", params={"shown_on": where}).json()["verdict"] == word
    assert browser.get("/api/v1/badges/123456789012").json()["code"] == "api.not_found"
    assert browser.get(f"/api/v1/badges/{badge.id[::-1]}").status_code == 404


def test_from_memory_the_answer_is_the_same(house: House, badge: Badge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Body and headers of the quick door and of the route; the share counts at both, and a query goes the long way."""
    browser, address = house.browser(), f"/api/v1/badges/{badge.id}"
    first = browser.get(address)
    taken: list[str] = []
    desk = house.context.badge_desk
    monkeypatch.setattr(desk, "answer", taken.append)
    second = browser.get(address)
    assert taken == []
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    monkeypatch.undo()
    assert browser.get(address, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert browser.get(address, params={"shown_on": "shop.example.test"}).json()["shown_on"] == "shop.example.test"
    monkeypatch.setattr(house.context.badge_share, "take", lambda _address: False)
    assert browser.get(address).status_code == 429


def test_a_token_is_checked_by_post(house: House, badge: Badge) -> None:
    """Also from a page elsewhere: it is nobody's deed."""
    browser = house.browser()
    browser.origin = "https://elsewhere.example.test"
    for token, word in ((badge.token, "valid"), (badge.token[:-2] + "~", "forged"), (badge.id, "valid")):
        assert browser.post("/api/v1/badges/check", json={"badge": token}).json()["verdict"] == word
    said = browser.post(
        "/api/v1/badges/check", json={"badge": badge.token, "shown_on": "https://x.example.test"}
    ).json()
    assert (said["verdict"], said["shown_on"]) == ("place", "https://x.example.test")
    assert browser.post("/api/v1/badges/check", json={"badge": ""}).status_code == 422


def test_a_revocation_shows_within_seconds(house: House, badge: Badge, a_second_later: Callable[[float], None]) -> None:
    """An answer in memory is dropped at the next look at the records, a second later; caches hold two more."""
    browser, path = house.browser(), f"/api/v1/badges/{badge.id}"
    assert browser.get(path).json()["verdict"] == "valid"
    _set(house, badge, "suspended")
    a_second_later(badge_desk.STALE_SECONDS)
    said = browser.get(path)
    assert said.json()["verdict"] == "suspended"
    assert "内部理由" not in said.text
    _set(house, badge, "active")
    a_second_later(badge_desk.STALE_SECONDS)
    assert browser.get(path).json()["ok"]
    _set(house, badge, "revoked")
    a_second_later(badge_desk.STALE_SECONDS)
    assert browser.get(path).json()["verdict"] == "revoked"
    assert "已撤销" in browser.get(f"/v/{badge.id}").text


def test_a_badge_ends_in_memory_too(house: House, badge: Badge) -> None:
    """Without any change in the records."""
    browser, path = house.browser(), f"/api/v1/badges/{badge.id}"
    assert browser.get(path).json()["verdict"] == "valid"
    house.clock.at = badge.expires_at - timedelta(seconds=1)
    assert browser.get(path).json()["verdict"] == "valid"
    house.clock.at = badge.expires_at
    assert browser.get(path).json()["verdict"] == "expired"


def test_an_unknown_number_becomes_known(house: House, badge: Badge, a_second_later: Callable[[float], None]) -> None:
    """What was not there is not remembered for long."""
    browser = house.browser()
    add_subject(house.context.database, 901, at=house.clock.at)
    with house.context.database.write() as session:
        badges.issue(
            session,
            open_keys(house.context.settings),
            901,
            [site("b.example.test", at=house.clock.at)],
            at=house.clock.at,
        )
        session.flush()
        number = session.execute(select(Badge.id).where(Badge.subject_id == 901)).scalar_one()
        session.rollback()
    assert browser.get(f"/api/v1/badges/{number}").status_code == 404
    assert browser.get(f"/v/{number}").status_code == 404
    with house.context.database.write() as session:
        row = badges.issue(
            session,
            open_keys(house.context.settings),
            901,
            [site("b.example.test", at=house.clock.at)],
            at=house.clock.at,
        )
        session.flush()
        known = row.id
    a_second_later(badge_desk.STALE_SECONDS)
    assert browser.get(f"/api/v1/badges/{known}").status_code == 200


def test_a_compromised_key_shows_at_once(house: House, badge: Badge, a_second_later: Callable[[float], None]) -> None:
    """All answers of that key are dropped; the key set changes with them."""
    browser = house.browser()
    assert browser.get(f"/api/v1/badges/{badge.id}").json()["ok"]
    assert badge.kid in keys_in(browser.get("/.well-known/jwks.json").json())
    with house.context.database.write() as session:
        open_keys(house.context.settings).mark_compromised(session, badge.kid, actor="drill", at=house.clock.at)
    a_second_later(badge_desk.STALE_SECONDS)
    assert browser.get(f"/api/v1/badges/{badge.id}").json()["verdict"] == "key"
    assert badge.kid not in keys_in(browser.get("/.well-known/jwks.json").json())


@pytest.mark.parametrize(
    ("language", "asks"), [("zh", "你正在访问的是这个网址吗？"), ("en", "Is this the address you are on?")]
)
def test_the_page_asks_for_the_address(house: House, badge: Badge, language: str, asks: str) -> None:
    """With every registered host, no script, nothing from elsewhere, and no frame around it."""
    answer = house.browser().get(f"/v/{badge.id}?lang={language}")
    assert answer.status_code == 200
    for text in (
        asks,
        "shop.example.test",
        "more.example.test",
        "mall.example.test/s/7",
        badge.code,
        "上海样例&lt;九百&gt;",
    ):
        assert text in answer.text
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_a_number_can_be_typed(house: House, badge: Badge) -> None:
    """With spaces, in lower case; a wrong one is told at once."""
    browser = house.browser()
    found = browser.get("/v", params={"number": f" {badge.id[:6].lower()} {badge.id[6:]}", "lang": "en"})
    assert (found.status_code, found.headers["location"]) == (303, f"/v/{badge.id}?lang=en")
    assert "逐字核对" in browser.get("/v", params={"number": "XYZ"}).text
    assert "逐字核对" not in browser.get("/v").text


def test_pictures(house: House, badge: Badge) -> None:
    """QR code, static badge as SVG and PNG; each shows the state."""
    browser = house.browser()
    assert "<svg" in browser.get(f"/v/{badge.id}/qr.svg").text
    assert "已核验" in browser.get(f"/badge/{badge.id}.svg").text
    assert browser.get(f"/badge/{badge.id}.png").content.startswith(b"\x89PNG")
    assert browser.get("/v/123456789012/qr.svg").status_code == 404


def test_only_registered_hosts_may_frame_the_live_badge(house: House, badge: Badge) -> None:
    """Exactly those, with a place for reports; a platform's other shops are not among them."""
    answer = house.browser().get(f"/badge/{badge.id}")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert set(policy["frame-ancestors"].split()) == {
        f"{scheme}://{name}"
        for scheme in ("http", "https")
        for name in ("shop.example.test", "more.example.test", "*.more.example.test")
    }
    assert policy["report-uri"] == f"/badge/{badge.id}/report"
    assert "x-frame-options" not in answer.headers
    unknown = house.browser().get("/badge/123456789012")
    assert unknown.status_code == 404
    assert "frame-ancestors 'none'" in unknown.headers["content-security-policy"]


def test_a_page_that_asks_for_a_badge_of_others_is_noted(house: House, badge: Badge) -> None:
    """By its Referer; registered ones and our own are not, nor is one without."""
    browser = house.browser()
    for referrer in ("https://shop.example.test/", "https://a.more.example.test/x", "http://127.0.0.1:8600/v/x", ""):
        browser.get(f"/badge/{badge.id}", headers={"referer": referrer})
    browser.get(f"/badge/{badge.id}", headers={"referer": "https://mall.example.test/"})
    assert _sightings(house) == [("live-frame", "mall.example.test", 1)]
    for _ in range(3):
        browser.get(f"/badge/{badge.id}.svg", headers={"referer": "https://copy.example.test/page"})
    assert _sightings(house)[1:] == [("live-frame", "copy.example.test", 1)]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            {"referrer": "https://copy.example.test/a", "effective-directive": "frame-ancestors"},
            [("csp-report", "copy.example.test", 1)],
        ),
        ({"referrer": "", "violated-directive": "frame-ancestors https://x"}, [("csp-report", "unknown", 1)]),
        (
            {"referrer": "https://shop.example.test/", "effective-directive": "frame-ancestors"},
            [("csp-report", "unknown", 1)],
        ),
        ({"referrer": "https://copy.example.test/a", "effective-directive": "style-src"}, []),
    ],
)
def test_reports_of_browsers(house: House, badge: Badge, report: dict[str, str], expected: list[object]) -> None:
    """From any origin, of the one kind that means a copied badge."""
    browser = house.browser()
    browser.origin = "https://copy.example.test"
    body = json.dumps({"csp-report": report})
    kind = {"content-type": "application/csp-report"}
    assert browser.post(f"/badge/{badge.id}/report", content=body, headers=kind).status_code == 204
    assert _sightings(house) == expected


@pytest.mark.parametrize("body", ["", "{", "[]", '{"csp-report": 7}', "[" * 9_000])
def test_reports_that_are_none(house: House, badge: Badge, body: str) -> None:
    """Nothing comes of them."""
    browser = house.browser()
    assert browser.post(f"/badge/{badge.id}/report", content=body, headers=JSON).status_code == 204
    assert browser.post("/badge/123456789012/report", content=body, headers=JSON).status_code == 204
    assert browser.post(f"/badge/{badge.id}/report", content="x" * 20_000, headers=JSON).status_code == 413
    assert _sightings(house) == []


def test_files_of_the_keeper(house: House, badge: Badge) -> None:
    """Status list and dump as they were written; the web process signs nothing."""
    browser, keys = house.browser(), open_keys(house.context.settings)
    assert browser.get("/badge-status/0").status_code == 404
    folder: Path = house.context.settings.badges_path()
    with house.context.database.write() as session:
        write_lists(session, keys, folder, at=house.clock.at)
        write_dump(session, keys, folder, at=house.clock.at)
    answer = browser.get("/badge-status/0")
    assert answer.headers["content-type"] == "application/statuslist+jwt"
    published = keys_in(browser.get("/.well-known/jwks.json").json())
    place, uri = keys.issuer.place_of(badge.token_idx)
    assert status_list.read(answer.text, published, uri=uri, at=house.clock.at).status(place) == status_list.VALID
    assert browser.get("/badge-dump/dump.jwt").status_code == 200
    for name in ("..%2Fwangjian.db", "status-0.jwt.x", "dump-2026-11-25.jsonl"):
        assert browser.get(f"/badge-dump/{name}").status_code == 404


def test_descriptions_for_other_readers(house: House) -> None:
    """Issuer and type of the credential, at the places that its standard names."""
    browser = house.browser()
    origin = house.context.badge_desk.issuer.origin
    assert browser.get("/.well-known/jwt-vc-issuer").json() == {
        "issuer": origin,
        "jwks_uri": f"{origin}/.well-known/jwks.json",
    }
    assert browser.get("/badge-type/1").json() == browser.get("/.well-known/vct/badge-type/1").json()
    assert browser.get("/badge-type/1").json()["vct"] == f"{origin}/badge-type/1"


def test_an_address_has_its_share(house: House, badge: Badge) -> None:
    """Beyond it the answer is 429, with the time to wait; signed-in pages are not counted."""
    browser = house.browser("supervisor")
    answers = [browser.get(f"/api/v1/badges/{badge.id}").status_code for _ in range(160)]
    assert answers[:140] == [200] * 140
    refused = browser.get(f"/v/{badge.id}")
    assert (refused.status_code, refused.headers["retry-after"], refused.json()["code"]) == (429, "5", "api.too_many")
    assert browser.get("/shops").status_code == 200


def _sighted(house: House, badge: Badge, host: str = "copy.example.test") -> int:
    with house.context.database.write() as session:
        reasons = [{"word": "looks-alike", "what": "https://copy.example.test/<b>.png 0.91"}]
        row, _ = sightings.record(
            session, Seen(badge.id, "image", host, f"https://{host}/", 91, reasons), at=house.clock.at
        )
        return row.id


@pytest.mark.parametrize("language", ["zh", "en"])
def test_officers_see_badges_and_sightings(house: House, badge: Badge, language: str) -> None:
    """List, filters, one badge with proofs, steps, tokens and what was seen; all of it escaped."""
    browser = house.browser("supervisor")
    browser.cookies["wangjian_language"] = language
    _sighted(house, badge)
    assert badge.id[:4] in browser.get("/badges").text
    for query, found in (
        ("text=" + badge.code, 1),
        ("text=" + badge.id.lower(), 1),
        ("state=revoked", 0),
        ("text=zzz", 0),
    ):
        assert (badge.code in browser.get(f"/badges?{query}").text.partition("<table")[2]) is bool(found), query
    detail = browser.get(f"/badges/{badge.id}").text
    for text in ("shop.example.test", "copy.example.test", badge.kid, "&lt;iframe src=", "上海样例&lt;九百&gt;"):
        assert text in detail, text
    shown = browser.get("/badges/sightings?state=open&kind=image").text
    assert "&lt;b&gt;.png 0.91" in shown
    assert "<b>.png" not in shown
    assert "copy.example.test" not in browser.get("/badges/sightings?kind=link").text.partition("<article")[2]
    assert browser.get("/badges/NOBODY").status_code == 404


def test_officers_suspend_restore_and_revoke(house: House, badge: Badge) -> None:
    """With a reason that the public never sees; each step is in the badge's history."""
    browser, path = house.browser("investigator"), f"/badges/{badge.id}/state"
    assert browser.post(path, data={"state": "suspended", "reason": " "}).status_code == 422
    for state in ("suspended", "active", "revoked"):
        assert browser.post(path, data={"state": state, "reason": "经查不符"}).status_code == 303
    assert browser.post(path, data={"state": "active", "reason": "x"}).status_code == 409
    assert browser.post("/badges/NOBODY/state", data={"state": "active", "reason": "x"}).status_code == 404
    detail = browser.get(f"/badges/{badge.id}").text
    assert detail.count("经查不符") == 4
    assert f'action="{path}"' not in detail
    assert "经查不符" not in house.browser().get(f"/v/{badge.id}").text


def test_officers_decide_on_sightings(house: House, badge: Badge) -> None:
    """Confirmed or dismissed with a reason; the way back leads only into this house."""
    browser, number = house.browser("supervisor"), _sighted(house, badge)
    path = f"/badges/sightings/{number}"
    form = {"decision": "confirmed", "reason": "已核实", "next": "https://evil.example.test/"}
    assert browser.post(path, data=form).headers["location"] == "/badges/sightings"
    assert "已核实" in browser.get("/badges/sightings?state=confirmed").text
    assert browser.post(path, data={"decision": "gone", "reason": "x"}).status_code == 409
    assert browser.post(path, data={"decision": "dismissed"}).status_code == 422
    assert browser.post("/badges/sightings/99999", data={"decision": "open", "reason": "x"}).status_code == 404
