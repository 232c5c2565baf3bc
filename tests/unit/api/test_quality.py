"""The data-quality board: every number opens its rows, people decide with a reason, owners are entered."""

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from exchange.quality.intake import intake
from exchange.quality.standing import look
from kernel.models import AuditEntry, Notice, QualityFinding, QualityOwner
from tests.unit.api.conftest import Browser, House
from tests.unit.api.test_pages import _check, _labelled

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def quality_house(house: House) -> House:
    """A penalty without authority and with a hostile name, a night over the stored rows."""
    rows = [{"PenDecNo": f"{HOSTILE}{number}", "PartyName": HOSTILE, "PubFlag": "1"} for number in range(2)]
    with house.context.database.write() as session:
        intake(session, "penalty", rows, source="pull", unit="310115", at=house.clock.at)
    look(house.context.database, "subject", at=house.clock.at)
    return house


def _page(browser: Browser, path: str) -> LexborHTMLParser:
    response = browser.get(path)
    assert response.status_code == 200, (path, response.text[:300])
    return LexborHTMLParser(response.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens(quality_house: House, language: str) -> None:
    """From the board to findings, runs and rules; nothing hostile gets out."""
    browser = quality_house.browser("supervisor")
    browser.cookies["wangjian_language"] = language
    seen: set[str] = set()
    waiting = ["/quality"]
    while waiting and len(seen) < 60:
        path = waiting.pop(0)
        seen.add(path)
        page = _page(browser, path)
        _check(page)
        _labelled(page)
        links = {str(node.attributes["href"]).partition("#")[0] for node in page.css("main a[href]")}
        waiting += sorted({link for link in links if link.startswith("/quality")} - seen - set(waiting))
    for part in ("/quality/findings/", "/quality/runs/", "/quality/rules", "/quality/findings?unit=310115"):
        assert any(path.startswith(part) for path in seen), part


def test_figures_are_those_of_their_rows(quality_house: House) -> None:
    """The number on the board is the number on the list it opens."""
    browser = quality_house.browser("supervisor")
    for node in _page(browser, "/quality").css('main a[href^="/quality/findings"]'):
        listed = _page(browser, str(node.attributes["href"])).css_first("h1 .count")
        assert listed is not None
        assert listed.text() == node.text()


def _first(house: House) -> QualityFinding:
    with house.context.database.read() as session:
        return session.execute(select(QualityFinding).where(QualityFinding.data_set == "penalty")).scalars().all()[0]


def test_decisions(quality_house: House) -> None:
    """With a reason it is closed or handed over, and in the trail; without one it is not."""
    browser = quality_house.browser("supervisor")
    path = f"/quality/findings/{_first(quality_house).id}"
    assert browser.post(path, data={"decision": "fixed", "reason": " "}).status_code == 409
    assert browser.post(path, data={"decision": "hand-over", "unit": "?", "reason": "属地"}).status_code == 422
    assert browser.post(path, data={"decision": "hand-over", "unit": "310104", "reason": "属地"}).status_code == 303
    assert _first(quality_house).owner_unit == "310104"
    assert browser.post(path, data={"decision": "accepted", "reason": "历史数据"}).status_code == 303
    assert _first(quality_house).state == "accepted"
    assert browser.post(path, data={"decision": "fixed", "reason": "x"}).status_code == 409
    with quality_house.context.database.read() as session:
        actions = session.execute(select(AuditEntry.action)).scalars().all()
        assert {"quality.hand-over", "quality.accepted"} <= set(actions)
        assert "310104" in session.execute(select(Notice.owner)).scalars().all()
    assert browser.get("/quality/findings/999999").status_code == 404
    assert browser.get("/quality/runs/999999").status_code == 404


def test_owners(quality_house: House) -> None:
    """Only a field that has rules, a unit, and days within a year."""
    browser = quality_house.browser("supervisor")
    good = {"data_set": "penalty", "field": "PenAuth", "unit": "310105", "days": "3"}
    for wrong in ({"data_set": "nosuch"}, {"field": "nosuch"}, {"unit": "x"}, {"days": "0"}):
        assert browser.post("/quality/owners", data=good | wrong).status_code in {404, 422}
    assert browser.post("/quality/owners", data=good).status_code == 303
    assert browser.post("/quality/owners", data=good | {"days": "", "field": "*"}).status_code == 303
    with quality_house.context.database.read() as session:
        entered = session.execute(select(QualityOwner.field, QualityOwner.days)).all()
        assert {(field, days) for field, days in entered} == {("PenAuth", 3), ("*", None)}
    assert "310105" in browser.get("/quality/rules").text


def test_administrators_see_nothing(quality_house: House) -> None:
    """Rows of findings are no matter of theirs."""
    assert quality_house.browser("administrator").get("/quality").status_code == 403
