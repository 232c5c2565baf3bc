"""Captures and watches set going by people."""

import pytest

from api.context import Context
from kernel.models import Job, Shop
from tests.unit.api.conftest import House

CSV = "url,name,platform,reason\nhttps://new.example.test/,新店,,抽查\n"


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queue's side is tested in the kernel and, with real workers, in the browser journeys."""
    handed: list[str] = []

    def enqueue(_: Context, job_id: str) -> bool:
        handed.append(job_id)
        return True

    monkeypatch.setattr(Context, "enqueue", enqueue)
    return handed


def test_an_order_makes_evidence_and_a_job(house: House, queue: list[str]) -> None:
    """Ordering twice within a minute is one order; the purpose is required."""
    browser = house.browser("supervisor")
    order = {"listing_id": house.seeded.listings[5], "purpose": "核查价格"}
    assert browser.post("/api/v1/evidence", json={**order, "purpose": ""}).status_code == 422
    assert browser.post("/api/v1/evidence", json={**order, "more": 1}).status_code == 422
    first = browser.post("/api/v1/evidence", json=order).json()
    again = browser.post("/api/v1/evidence", json=order).json()
    assert first["evidence"]["id"] == again["evidence"]["id"]
    assert first["evidence"]["purpose"] == "核查价格"
    assert queue == first["job_ids"] + again["job_ids"]
    location = browser.post(f"/listings/{order['listing_id']}/capture", data={"purpose": "另查"}).headers["location"]
    assert location.startswith("/evidence/ev-")


def test_a_watch_begins_when_its_list_is_right(house: House, queue: list[str]) -> None:
    """Row errors stop it until they are waved through; then the good rows go."""
    browser = house.browser("supervisor")
    bad = CSV + "javascript:alert(1),,,\n"
    told = browser.post("/api/v1/watches/csv", content=bad.encode()).json()
    assert (told["job_id"], told["shops"], [error["line"] for error in told["errors"]]) == ("", 1, [3])
    assert queue == []
    started = browser.post("/api/v1/watches/csv?skip_errors=true", content=bad.encode("gb18030")).json()
    assert queue == [started["job_id"]]
    with house.context.database.read() as session:
        assert session.get_one(Job, started["job_id"]).kind == "watch"
        assert session.query(Shop).filter_by(host="new.example.test").one().name == "新店"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"name\nx\n", b"url,colour\nhttps://a.example.test/,red\n"])
def test_a_file_that_is_no_list_is_refused(house: House, content: bytes) -> None:
    """With a sentence and a hint, in the API and on the page."""
    browser = house.browser("supervisor")
    response = browser.post("/api/v1/watches/csv", content=content)
    assert response.status_code == 422
    assert response.json()["hint"]
    page = browser.post("/watches", files={"shops": ("a.csv", content, "text/csv")})
    assert page.status_code == 422
    assert 'role="alert"' in page.text


def test_addresses_are_checked_line_by_line(house: House) -> None:
    """The page keeps what was typed and names the line."""
    browser = house.browser("supervisor")
    response = browser.post("/watches", data={"urls": "https://a.example.test/\nftp://b.example.test/"})
    assert response.status_code == 422
    assert "ftp://b.example.test/" in response.text
    assert browser.post("/watches", data={"urls": "https://a.example.test/"}).headers["location"].startswith("/jobs/")
    body = {"urls": ["https://a.example.test/", "nonsense"], "skip_errors": True}
    assert browser.post("/api/v1/watches", json=body).json()["job_id"]
    assert browser.post("/api/v1/watches", json={"urls": []}).status_code == 422
