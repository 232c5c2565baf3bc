"""Taking a job on SQLite and PostgreSQL: one worker has it, however many reach for it at once."""

import threading
from datetime import UTC, datetime

from kernel.db import Database
from kernel.jobs import create
from pipeline.job_run import JobRun

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
WORKERS, JOBS = 6, 12


def test_a_job_that_is_queued_twice_is_taken_once(any_database: Database) -> None:
    """A queue may give a job to several workers; the records decide, and nobody fails."""
    with any_database.write() as session:
        ids = [create(session, kind="watch", title="t", params={}, created_by="me", at=AT).id for _ in range(JOBS)]
    taken: list[str] = []
    faults: list[BaseException] = []
    gate = threading.Barrier(WORKERS)

    def work() -> None:
        try:
            for job_id in ids:
                gate.wait()
                if JobRun.take(any_database, job_id, lambda: AT) is not None:
                    taken.append(job_id)
        except BaseException as fault:  # noqa: BLE001 - told by the test
            faults.append(fault)
            gate.abort()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(taken) == sorted(ids)
