"""Export of a whole case from the page of its evidence."""

import pytest

from api.context import Context
from kernel.models import Evidence, Job
from pipeline.stage_export import folder_of
from tests.unit.api.conftest import House

CASE = "测试案7号"


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs that were handed over."""
    handed: list[str] = []

    def enqueue(_: Context, job_id: str) -> bool:
        handed.append(job_id)
        return True

    monkeypatch.setattr(Context, "enqueue", enqueue)
    return handed


def test_a_case_is_handed_to_the_workers_and_its_index_given_out(house: House, queue: list[str]) -> None:
    """Only what is sealed, only for a purpose, only by those who may; the index once there is one."""
    browser = house.browser("investigator")
    order = {"case_number": CASE, "purpose": "移送法院"}
    assert browser.post("/evidence/export", data=order).status_code == 404
    assert browser.post("/evidence/export", data={**order, "case_number": ""}).status_code == 404
    with house.context.database.write() as session:
        row = session.get_one(Evidence, house.seeded.rule_evidence)
        row.case_number, row.state, row.store_key = CASE, "sealed", "0" * 64
    assert 'action="/evidence/export"' in browser.get(f"/evidence/{row.id}").text
    assert browser.post("/evidence/export", data={**order, "purpose": " "}).status_code == 422
    assert house.browser("supervisor").post("/evidence/export", data=order).status_code == 403
    location = browser.post("/evidence/export", data=order).headers["location"]
    (job_id,) = queue
    assert location == f"/jobs/{job_id}"
    with house.context.database.write() as session:
        job = session.get_one(Job, job_id)
        assert job.params == {"case": CASE, "purpose": "移送法院", "role": "investigator"}
        assert CASE not in job.title
        job.state, job.progress = "running", {"done": 1, "total": 1}
    assert browser.get(f"/evidence/exports/{job_id}").status_code == 404
    folder = folder_of(house.context.settings, CASE, job_id)
    folder.mkdir(parents=True)
    (folder / "index.csv").write_bytes(b"id\r\n")
    page = browser.get(location).text
    assert f"/evidence/exports/{job_id}" in page
    assert "停止任务" in page
    answer = browser.get(f"/evidence/exports/{job_id}")
    assert (answer.content, answer.headers["content-type"]) == (b"id\r\n", "text/csv; charset=utf-8")
    assert browser.get(f"/evidence/exports/{house.seeded.done_job}").status_code == 404
