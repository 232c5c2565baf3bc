"""The job that exports a case."""

import json
from pathlib import Path

import pytest

from evidence import custody
from kernel import jobs
from kernel.models import Evidence, Job
from pipeline.errors import CancelledError
from pipeline.job_run import JobRun
from pipeline.stage_export import export_all, folder_of
from pipeline.wiring import open_database, open_evidence_store
from tests.data.evidence.workshop import AT, open_workshop

CASE = "../测试案〔2026〕1/2号"


def test_a_case_is_exported_by_a_job_and_stops_when_asked(tmp_path: Path) -> None:
    """Progress, index and custody; a case asked for again is written down again; a stop comes between two packages."""
    with open_workshop(tmp_path) as workshop:
        config, sealed = workshop.settings, workshop.seal("ev-a")
        database = open_database(config)
        with database.write() as session:
            session.add(
                Evidence(
                    id="ev-a", key="ev-a", url=sealed.path.name, reason="order", state="sealed",
                    store_key=open_evidence_store(config).put(sealed.path, sha256=sealed.sha256),
                    root_sha256=sealed.root_sha256, case_number=CASE, ordered_by="li", ordered_at=AT, sealed_at=AT,
                )
            )  # fmt: skip
            params = {"case": CASE, "purpose": "移送法院", "role": "investigator"}
            made = [
                jobs.create(session, kind="export_case", title="x", params=params, created_by="li", at=AT).id
                for _ in range(2)
            ]
        run = JobRun.take(database, made[0], lambda: AT)
        assert run is not None
        result = export_all(run, config)
        folder = folder_of(config, CASE, made[0])
        assert result == {"done": 1, "failed": 0}
        assert folder.is_relative_to(config.data_dir / "exports")
        assert len(folder.relative_to(config.data_dir / "exports").parts) == 2
        index = json.loads((folder / "index.json").read_text("utf-8"))
        assert [one["id"] for one in index["evidence"]] == ["ev-a"]
        with database.write() as session:
            assert session.get_one(Job, made[0]).progress["done"] == 1
            session.get_one(Job, made[1]).cancel_asked = True
        again = JobRun.take(database, made[1], lambda: AT)
        assert again is not None
        with pytest.raises(CancelledError):
            export_all(again, config)
        with database.read() as session:
            events = [(event.action, event.actor, event.role) for event in custody.events(session, "ev-a")]
        assert events == [("exported", "li", "investigator")]
        database.close()
