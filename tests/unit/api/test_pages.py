"""Pages: they open in both languages, hold nothing hostile, ask nothing of other hosts."""

import re
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import update

from kernel.models import RuleHit
from tests.e2e.seeded_market import HOSTILE_TITLE
from tests.unit.api.conftest import Browser, House

OFFICER_PAGES = (
    "/applications", "/applications?approval=needed&text=x",
    "/", "/search", "/search?q=龙井&rule=AD01&sort=price_asc", "/search?q=%22abc", "/shops", "/shops/1", "/hits",
    "/hits?state=new&severity=high", "/hits/1", "/listings/1", "/listings/5", "/evidence", "/evidence?state=failed",
    "/evidence/ev-000000000001aa", "/jobs", "/jobs/job-000000000001aa", "/jobs/job-000000000002bb", "/watches/new",
    "/rules", "/help", "/help/api", "/account", "/nowhere", "/shops/999",
)  # fmt: skip
ADMINISTRATOR_PAGES = ("/", "/jobs", "/audit", "/audit?actor=system:test", "/users", "/help", "/help/api", "/account")
PUBLIC_PAGES = ("/merchant/signin", "/merchant/register", "/signin", "/signin/once?ticket=abc", "/signin/once")
ADDRESSED = ("href", "src", "action", "hx-get", "hx-post", "data-events", "data-poll", "srcset", "formaction", "poster")


def _one(page: LexborHTMLParser, selector: str) -> LexborNode:
    node = page.css_first(selector)
    assert node is not None, selector
    return node


def _check(page: LexborHTMLParser) -> None:
    for node in page.css("*"):
        for name, value in node.attributes.items():
            assert not name.startswith(("on", "hx-on")), (name, value)
            assert name != "style", value
            if name in ADDRESSED and value:
                parts = urlsplit(value)
                assert not parts.netloc, (node.tag, value)
                assert not parts.scheme, (node.tag, value)
    for script in page.css("script"):
        assert str(script.attributes.get("src")).startswith("/static/")
        assert str(script.attributes["integrity"]).startswith("sha384-")
        assert not script.text().strip()
    assert not page.css("style")


def _labelled(page: LexborHTMLParser) -> None:
    fields = page.css("input:not([type=hidden]):not([type=checkbox]), textarea, select")
    labels = {label.attributes.get("for") for label in page.css("label")}
    for field in fields:
        assert field.attributes.get("id") in labels, field.html
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids)), "every id once"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_closed_labelled_and_in_one_language(shared_house: House, language: str) -> None:
    """No inline script or style, no other host, a label for each field, each id once."""
    visitors = [
        (shared_house.browser("investigator"), OFFICER_PAGES),
        (shared_house.browser("administrator"), ADMINISTRATOR_PAGES),
        (shared_house.browser(), PUBLIC_PAGES),
    ]
    for browser, paths in visitors:
        browser.cookies["wangjian_language"] = language
        for path in paths:
            response = browser.get(path)
            assert response.status_code in {200, 404, 422, 401}, (path, response.text[:500])
            page = LexborHTMLParser(response.text)
            _check(page)
            _labelled(page)
            assert _one(page, "html").attributes["lang"] == {"zh": "zh-CN", "en": "en"}[language]
            assert page.css_first("h1") is not None, path
            assert _one(page, "a.skip").attributes["href"] == "#main"


def test_the_interface_is_wholly_english_when_asked(shared_house: House) -> None:
    """No Chinese words of ours remain; only what pages and officers wrote may be Chinese."""
    browser = shared_house.browser("administrator")
    browser.cookies["wangjian_language"] = "en"
    for path in ("/", "/jobs", "/audit", "/account", "/help/api"):
        text = _one(LexborHTMLParser(browser.get(path).text), "body").text()
        rest = re.sub(r"中文|测试\w+|巡查 watch|网鉴", "", text)
        assert not re.search(r"[\u4e00-\u9fff]", rest), (path, re.findall(r"\S*[\u4e00-\u9fff]\S*", rest))


@pytest.mark.parametrize("path", ["/search", "/listings/1", "/shops/1", "/hits", "/hits/1", "/evidence"])
def test_hostile_titles_stay_text(shared_house: House, path: str) -> None:
    """A title with markup is shown as it is and is markup nowhere."""
    response = shared_house.browser("investigator").get(path)
    page = LexborHTMLParser(response.text)
    assert "<script>document" not in response.text
    assert not page.css('img[src="x"]')
    assert HOSTILE_TITLE in _one(page, "body").text()


def test_every_answer_has_its_headers(shared_house: House) -> None:
    """Pages, JSON, files, refusals and faults alike."""
    browser: Browser = shared_house.browser("supervisor")
    for path in ("/", "/api/v1/overview", "/static/style.css", "/nowhere", "/api/v1/shops/999", "/users"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "frame-src 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_a_fault_of_ours_tells_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is a page with a code, with headers, without a trace."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("api.ui.views.overview.read_overview", fail)
    response = house.browser("supervisor").get("/")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert "api.unexpected" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_a_search_is_a_url(shared_house: House) -> None:
    """Facets, sort and text are in every link of the results, and a fragment is the same results."""
    browser = shared_house.browser("supervisor")
    path = "/search?q=明前&shop=1&sort=price_desc"
    page = LexborHTMLParser(browser.get(path).text)
    hrefs = [str(node.attributes["href"]) for node in page.css(".facet a")]
    assert hrefs
    assert all("q=%E6%98%8E%E5%89%8D" in href and "sort=price_desc" in href for href in hrefs)
    fragment = browser.get(path, headers={"hx-request": "true"})
    assert "<html" not in fragment.text
    assert fragment.headers["vary"] == "HX-Request"
    titles = [node.text() for node in LexborHTMLParser(fragment.text).css("td a[data-open]")]
    assert titles == [node.text() for node in page.css("td a[data-open]")]
    assert len(titles) == 6


def test_a_search_that_is_not_understood_shows_where(shared_house: House) -> None:
    """The place is marked, the hint is there, and the text stays in the box."""
    response = shared_house.browser("supervisor").get('/search?q=茶 "abc')
    page = LexborHTMLParser(response.text)
    assert response.status_code == 422
    assert _one(page, ".alert .where mark").text() == '"'
    assert _one(page, "#find").attributes["value"] == '茶 "abc'


def test_a_decision_is_kept_with_its_reason(house: House) -> None:
    """The page and the audit trail show who decided what and why."""
    browser = house.browser("supervisor")
    hit = house.seeded.hits[0]
    assert browser.post(f"/hits/{hit}/decision", data={"decision": "dismissed", "reason": " "}).status_code == 422
    assert browser.post(f"/hits/{hit}/decision", data={"decision": "gone", "reason": "x"}).status_code == 422
    data = {"decision": "dismissed", "reason": "属于指南第六条情形", "next": "/hits?state=new"}
    assert browser.post(f"/hits/{hit}/decision", data=data).headers["location"] == "/hits?state=new"
    text = browser.get(f"/hits/{hit}").text
    assert "属于指南第六条情形" in text
    assert "已排除" in text
    fragment = browser.post(f"/hits/{hit}/decision", data={**data, "decision": "new"}, headers={"hx-request": "true"})
    assert fragment.text.lstrip().startswith("<article")
    trail = house.browser("administrator").get("/api/v1/audit?object_type=rule_hit").json()["entries"]
    assert [entry["action"] for entry in trail] == ["hit.reopen", "hit.dismiss"]


def test_several_hits_are_decided_together(house: House) -> None:
    """Each with its own entry in the audit trail; what is gone from its page is left; all or none."""
    browser = house.browser("supervisor")
    first, second, *_ = house.seeded.hits
    with house.context.database.write() as session:
        session.execute(update(RuleHit).where(RuleHit.id == second).values(state="gone"))
    data = {"decision": "dismissed", "reason": "均为指南第六条情形", "next": "/hits?severity=high"}
    wrongs: list[dict[str, object]] = [
        {"hit_id": []}, {"hit_id": [first], "reason": " "}, {"hit_id": [first], "decision": "gone"},
    ]  # fmt: skip
    for wrong in wrongs:
        assert browser.post("/hits/decisions", data={**data, **wrong}).status_code == 422
    assert browser.post("/hits/decisions", data={**data, "hit_id": [first, 99_999]}).status_code == 404
    answer = browser.post("/hits/decisions", data={**data, "hit_id": [first, second, first]})
    assert answer.headers["location"] == "/hits?severity=high&done=1&left=1"
    assert "已处理 1 条线索" in browser.get(answer.headers["location"]).text
    body = {"decision": "new", "reason": "再看", "hits": [first]}
    assert browser.post("/api/v1/hits/decisions", json=body).json() == {"decided": 1, "gone": 0}
    trail = house.browser("administrator").get("/api/v1/audit?object_type=rule_hit").json()["entries"]
    assert [(entry["action"], entry["object_id"]) for entry in trail] == [
        ("hit.reopen", str(first)), ("hit.dismiss", str(first)),
    ]  # fmt: skip


def test_a_hit_tells_what_was_looked_at_in_words(shared_house: House) -> None:
    """Exceptions by name and source, values by name; nothing of how they are kept."""
    text = shared_house.browser("supervisor").get(f"/hits/{shared_house.seeded.hits[0]}").text
    assert "比对的数值与来源" in text
    assert "&#39;id&#39;" not in text
    assert "exemptions" not in text


def test_two_hits_on_one_fact_say_so(house: House) -> None:
    """A shop that shows neither licence nor declaration: each hit leads to the other, and tells to look once."""
    first, second, third = house.seeded.hits[:3]
    told = {first: ("ID01", "nothing-shown"), second: ("ID07", "absent"), third: ("ID07", "altered")}
    with house.context.database.write() as session:
        for number, (rule, reason) in told.items():
            values = {"rule_id": rule, "shop_id": house.seeded.shops[0], "explanation": {"zh": "z", "reason": reason}}
            session.execute(update(RuleHit).where(RuleHit.id == number).values(**values))
    browser = house.browser("supervisor")
    for one, other in ((first, second), (second, first)):
        text = browser.get(f"/hits/{one}").text
        assert "同一事实的另一条线索" in text
        assert f'<a href="/hits/{other}">' in text
        assert "按一件事核查" in text
    assert "同一事实" not in browser.get(f"/hits/{third}").text
    assert browser.get("/hits").text.count("同一事实") == 2


def test_the_audit_chain_is_checked_on_the_page(house: House) -> None:
    """Whole first; broken, with its place, after somebody changed an entry behind our back."""
    browser = house.browser("administrator")
    assert "链完整" in browser.post("/audit/check", headers={"hx-request": "true"}).text
    with house.context.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    assert "链在第 1 条断开" in browser.post("/audit/check").text


def test_users_are_managed(house: House) -> None:
    """Added, given a link that signs in once, switched off; one cannot lock oneself out."""
    browser = house.browser("administrator")
    new = {"name": "zhang", "display_name": "张", "roles": ["supervisor", "investigator"]}
    assert browser.post("/users", data=new).status_code == 303
    assert browser.post("/users", data=new).status_code == 409
    assert browser.post("/users", data={**new, "name": "Ä"}).status_code == 422
    assert browser.post("/users", data={"name": "wang"}).status_code == 422
    number = next(user["id"] for user in browser.get("/api/v1/users").json() if user["name"] == "zhang")
    link = _one(LexborHTMLParser(browser.post(f"/users/{number}/ticket").text), "code.hash").text()
    guest = house.browser()
    assert guest.post("/signin/once", data={"ticket": link.partition("ticket=")[2]}).status_code == 303
    assert guest.get("/shops").status_code == 200
    assert browser.post(f"/users/{number}", data={"roles": "supervisor"}).status_code == 303
    assert guest.get("/shops").status_code == 303
    assert browser.post(f"/users/{number}/ticket").status_code == 409
    own = house.seeded.users["administrator"]
    assert browser.post(f"/users/{own}", data={"roles": "supervisor", "active": "1"}).status_code == 409
    more = {"roles": ["administrator", "investigator"], "active": "1"}
    assert browser.post(f"/users/{own}", data=more).status_code == 409
    assert browser.get("/evidence").status_code == 403


NUMBER_PAGES = ("/listings/{}", "/hits/{}", "/shops/{}", "/hits?before={}", "/hits?shop_id={}", "/api/v1/hits/{}")


@pytest.mark.parametrize("path", NUMBER_PAGES)
@pytest.mark.parametrize("number", [2**31, 10**30, -(10**30)])
def test_a_number_beyond_the_column_is_refused(shared_house: House, path: str, number: int) -> None:
    """It is not handed to the database, which would break over it."""
    assert shared_house.browser("supervisor").get(path.format(number)).status_code == 422
