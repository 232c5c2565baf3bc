"""Cases on pages and by the API: filed from a lead, moved step by step, reported once decided."""

import pytest
from sqlalchemy import select

from kernel.models import CaseFile, ToldMatter
from tests.e2e.seeded_market import AT, add_user
from tests.servers.matters import TO_DECISION, confirm, seal, tie
from tests.unit.api.conftest import House

NUMBER = "沪市监浦案〔2026〕3号"


@pytest.fixture
def office(house: House) -> House:
    """A confirmed lead, a second officer."""
    with house.context.database.write() as session:
        confirm(session, house.seeded)
        tie(session, house.seeded.shops[0])
        add_user(session, "second", ["investigator"])
        seal(session, house.seeded.foreign_order, AT, NUMBER)
    return house


def _file(house: House, **given: str) -> str:
    form = {"number": NUMBER, "title": "虚假宣传案", "second": "second", "hit_id": str(house.seeded.hits[0]), **given}
    answer = house.browser("investigator").post("/cases", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_case_is_filed_from_a_lead_and_shows_all(office: House, language: str) -> None:
    """Party, articles, deadline with the mark of a year nobody entered, evidence, lead; found by number and state."""
    browser = office.browser("investigator")
    browser.cookies["wangjian_language"] = language
    assert "/cases" in browser.get(f"/hits/{office.seeded.hits[0]}").text
    path = _file(office)
    text = browser.get(path).text
    for words in (NUMBER, "2027", "广告法", office.seeded.foreign_order, f"/hits/{office.seeded.hits[0]}", "second"):
        assert words in text, words
    assert ("放假安排尚未录入" if language == "zh" else "weekends only") in text
    assert path in browser.get("/cases?text=浦案").text
    assert path not in browser.get("/cases?state=decided").text
    assert path in browser.get(f"/hits/{office.seeded.hits[0]}").text
    assert browser.get("/cases/999").status_code == 404


def test_it_moves_by_its_steps_and_is_reported_once_decided(office: House) -> None:
    """Each with a reason; the superior is told with the decision, in the same transaction."""
    office.context.settings = office.context.settings.model_copy(update={"exchange_report_up": ("CASE",)})
    browser, path = office.browser("investigator"), _file(office)
    assert browser.post(f"{path}/steps", data={"state": "decided", "reason": "跳过"}).status_code == 409
    for state in TO_DECISION:
        assert browser.post(f"{path}/steps", data={"state": state, "reason": "罚款五千元"}).status_code == 303
        with office.context.database.read() as session:
            told = session.execute(select(ToldMatter).where(ToldMatter.kind == "CASE")).scalars().all()
        assert len(told) == (state == "decided")
    text = browser.get(path).text
    assert "罚款五千元" in text
    assert "按设置自动上报" in text


def test_the_api_files_moves_and_tells(office: House) -> None:
    """As the pages do."""
    browser = office.browser("investigator")
    body = {"number": NUMBER, "title": "虚假宣传案", "officers": ["investigator", "second"], "region": "310115"}
    made = browser.post("/api/v1/cases", json=body).json()
    assert (made["state"], made["filed_on"], made["region"]) == ("filed", "2026-11-20", "310115")
    path = f"/api/v1/cases/{made['id']}"
    assert browser.get(path).json()["number"] == NUMBER
    step = browser.post(f"{path}/steps", json={"state": "investigating", "reason": "调查取证"})
    assert step.json()["state"] == "investigating"
    sent = browser.post(f"{path}/told", json={"way": "superior", "reason": "重大案件"}).json()
    assert (sent["to"], sorted(sent["sealed"]), len(sent["messages"])) == ("000000", ["officers"], 2)
    assert [one["progress"] for one in browser.get(f"{path}/told").json()] == ["posted"]
    assert browser.get("/api/v1/cases?state=investigating").json()["total"] == 1
    assert browser.post("/api/v1/cases", json=body).status_code == 409


def test_one_officer_is_not_enough(office: House) -> None:
    """Nor is a number twice."""
    browser = office.browser("investigator")
    form = {"number": NUMBER, "title": "虚假宣传案", "second": "nobody"}
    assert browser.post("/cases", data=form).status_code == 409
    with office.context.database.read() as session:
        assert session.query(CaseFile).count() == 0
