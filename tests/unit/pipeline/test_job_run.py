"""Taking, reporting and finishing jobs."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from kernel.db import Database
from kernel.jobs import ask_cancel, create
from kernel.models import Job
from pipeline.errors import CancelledError
from pipeline.job_run import JobRun, is_alive, owner_name

AT = datetime(2026, 11, 25, tzinfo=UTC)


def _clock() -> datetime:
    return AT


def _job(database: Database) -> str:
    with database.write() as session:
        return create(session, kind="watch", title="t", params={"a": 1}, created_by="me", at=AT).id


def test_a_job_is_taken_once(database: Database) -> None:
    """While its owner lives, nobody else takes it."""
    job_id = _job(database)
    run = JobRun.take(database, job_id, _clock)
    assert run is not None
    assert run.params == {"a": 1}
    assert JobRun.take(database, job_id, _clock) is None
    assert JobRun.take(database, "job-none", _clock) is None


@pytest.mark.parametrize("owner", ["{host}:999999:1", "other-machine:1:1", "nonsense"])
def test_a_job_of_a_dead_owner_is_taken(database: Database, owner: str) -> None:
    """A dead process, or a silent one elsewhere, loses its job."""
    job_id = _job(database)
    with database.write() as session:
        job = session.get_one(Job, job_id)
        job.state, job.owner = "running", owner.format(host=owner_name().split(":")[0])
        job.heartbeat_at = AT - timedelta(minutes=2)
    assert JobRun.take(database, job_id, _clock) is not None


def test_a_far_owner_with_a_heartbeat_keeps_it(database: Database) -> None:
    """An owner on another machine is trusted while it gives signs of life."""
    job_id = _job(database)
    with database.write() as session:
        job = session.get_one(Job, job_id)
        job.state, job.owner, job.heartbeat_at = "running", "other-machine:1:1", AT
    assert JobRun.take(database, job_id, _clock) is None


def test_owner_names_tell_life() -> None:
    """This process is alive, a foreign pid start is not, another machine is unknown."""
    assert is_alive(owner_name())
    host, pid, _ = owner_name().rsplit(":", 2)
    assert is_alive(f"{host}:{pid}:1") is False
    assert is_alive("elsewhere:1:1") is None
    assert is_alive("") is None


def test_reports_merge_and_cancel_is_heard(database: Database) -> None:
    """Counters add up over reports; a stop comes out as an exception at the next one."""
    run = JobRun.take(database, _job(database), _clock)
    assert run is not None
    run.report(a=1)
    run.report(b=2)
    with database.write() as session:
        assert session.get_one(Job, run.id).progress == {"a": 1, "b": 2}
        ask_cancel(session, run.id, AT)
    with pytest.raises(CancelledError):
        run.report(c=3)
    run.finish("cancelled")
    with database.read() as session:
        job = session.get_one(Job, run.id)
        assert (job.state, job.finished_at, job.progress["c"]) == ("cancelled", AT, 3)


def test_a_process_that_nobody_has_buried_is_dead() -> None:
    """Its number is taken still; where the first process of a container buries nobody, for ever."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        started = int(psutil.Process(ended.pid).create_time())
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert is_alive(f"{owner_name().split(':')[0]}:{ended.pid}:{started}") is False
