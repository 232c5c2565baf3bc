"""Officers' approvals and purposes of reading, on pages and in the API."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from api.context import Context
from kernel.models import Evidence, User
from tests.data.evidence.people import enter_capture, enter_case, enter_officer
from tests.e2e.seeded_market import add_sign_in, add_user
from tests.unit.api.conftest import Browser, House

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs that were handed over."""
    handed: list[str] = []

    def enqueue(_: Context, job_id: str) -> bool:
        handed.append(job_id)
        return True

    monkeypatch.setattr(Context, "enqueue", enqueue)
    return handed


def second_investigator(house: House) -> Browser:
    """Another investigator, signed in."""
    browser = Browser(house.app, house.runner)
    with house.context.database.write() as session:
        user = add_user(session, "wang", ["investigator"])
        session.flush()
        token, browser.csrf = add_sign_in(session, user.id, at=house.clock.at)
    browser.cookies["wangjian"] = token
    return browser


@pytest.fixture
def evidence_id(house: House) -> str:
    """A page captured for a case by the book; two officers are known, each with a password."""
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with house.context.database.write() as session:
        for account in ("investigator", "wang"):
            enter_officer(session, account, at=house.clock.at)
        enter_case(session, at=house.clock.at)
        session.execute(select(User).where(User.name == "investigator")).scalar_one().password_hash = digest
        return enter_capture(session, at=house.clock.at - timedelta(minutes=1)).id


def set_password(house: House, name: str) -> None:
    """Give an account the password."""
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with house.context.database.write() as session:
        session.execute(select(User).where(User.name == name)).scalar_one().password_hash = digest


def test_two_officers_approve_with_their_passwords(house: House, evidence_id: str, queue: list[str]) -> None:
    """The page shows who has approved; the second approval hands the seal to the workers."""
    first, second = house.browser("investigator"), second_investigator(house)
    page = first.get(f"/evidence/{evidence_id}").text
    assert 'id="approvals"' in page
    assert 'name="password"' in page
    assert "hx-trigger" not in page.split('id="evidence-state"')[1][:200], "what waits for officers is not polled"
    done = first.post(f"/evidence/{evidence_id}/approve", data={"password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, f"/evidence/{evidence_id}")
    assert queue == []
    again = first.post(f"/api/v1/evidence/{evidence_id}/approval", json={"password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (409, "evidence.officer_twice")
    told = second.post(f"/api/v1/evidence/{evidence_id}/approval", json={"password": PASSWORD})
    assert (told.status_code, told.json()["code"]) == (422, "api.input")
    set_password(house, "wang")
    body = second.post(f"/api/v1/evidence/{evidence_id}/approval", json={"password": PASSWORD}).json()
    assert [one["certificate_number"] for one in body["approvals"]] == ["TEST-INVESTIGATOR", "TEST-WANG"]
    assert body["job_ids"] == queue
    assert len(queue) == 1
    assert "TEST-WANG" in first.get(f"/evidence/{evidence_id}").text
    detail = first.get(f"/api/v1/evidence/{evidence_id}").json()
    assert [event["action"] for event in detail["custody"]][-2:] == ["approved", "approved"]
    assert len(detail["approvals"]) == 2


def test_a_wrong_password_counts_as_a_failed_sign_in(house: House, evidence_id: str) -> None:
    """Five lock the account, also for approvals."""
    browser = house.browser("investigator")
    for _ in range(5):
        assert browser.post(f"/evidence/{evidence_id}/approve", data={"password": "wrong"}).status_code == 422
    assert browser.post(f"/evidence/{evidence_id}/approve", data={"password": PASSWORD}).status_code == 422
    with house.context.database.read() as session:
        assert session.execute(select(User).where(User.name == "investigator")).scalar_one().locked_until is not None


def test_only_officers_and_only_what_waits(house: House, evidence_id: str) -> None:
    """A supervisor has no such right; sealed evidence has nothing to approve."""
    path = f"/api/v1/evidence/{evidence_id}/approval"
    assert house.browser("supervisor").post(path, json={"password": PASSWORD}).status_code == 403
    with house.context.database.write() as session:
        session.get_one(Evidence, evidence_id).state = "sealed"
    refused = house.browser("investigator").post(path, json={"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence.approval_state")


def test_an_order_for_a_case(house: House) -> None:
    """The number is kept with the evidence, and what is no number is refused."""
    browser = house.browser("investigator")
    order = {"listing_id": house.seeded.listings[5], "purpose": "核查", "case_number": "测试案1号"}
    assert browser.post("/api/v1/evidence", json=order).json()["evidence"]["case_number"] == "测试案1号"
    assert browser.post("/api/v1/evidence", json={**order, "case_number": "a b"}).status_code == 422
    location = browser.post(
        f"/listings/{order['listing_id']}/capture", data={"purpose": "另查", "case_number": "测试案2号"}
    ).headers["location"]
    assert "测试案2号" in browser.get(location).text


def test_reading_needs_a_purpose_and_lasts_half_an_hour(house: House) -> None:
    """It is asked for first, written into custody, and asked for again later and of each person."""
    browser, other = house.browser("investigator"), house.browser("supervisor")
    name = house.seeded.rule_evidence
    with house.context.database.write() as session:
        row = session.get_one(Evidence, name)
        row.state, row.store_key, row.root_sha256 = "sealed", "0" * 64, "a" * 64
    assert browser.get(f"/evidence/{name}/replay").status_code == 409
    assert browser.post(f"/api/v1/evidence/{name}/replay", json={"purpose": " "}).status_code == 422
    assert browser.post(f"/evidence/{name}/read", data={"purpose": ""}).status_code == 422
    assert browser.post(f"/evidence/{name}/read", data={"purpose": "审查"}).status_code == 303
    assert browser.get(f"/evidence/{name}/replay").status_code == 200
    assert other.get(f"/evidence/{name}/replay").status_code == 409
    events = browser.get(f"/api/v1/evidence/{name}").json()["custody"]
    assert [(event["action"], event["purpose"], event["detail"]["how"]) for event in events[-2:]] == [
        ("read", "审查", "view"),
        ("read", "审查", "replay"),
    ]
    house.clock.at += timedelta(minutes=31)
    assert browser.get(f"/evidence/{name}/replay").status_code == 409
