"""Jobs over both Redis: the private one and one by URL."""

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import BusyLoadingError

from kernel import jobs
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import QueueUnavailableError
from kernel.models import Job
from kernel.private_redis import PrivateRedis
from pipeline.process import free_port
from tests.servers.redis_server import redis_server

AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(params=["private", "by-url"])
def queue_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for each kind of Redis, with the server running."""
    if request.param == "private":
        yield Settings(data_dir=tmp_path / "data")
        PrivateRedis(tmp_path / "data").stop()
        return
    with redis_server(tmp_path) as url:
        yield Settings(data_dir=tmp_path / "data", redis_url=url)


def _job(database: Database) -> str:
    with database.write() as session:
        return jobs.create(session, kind="watch", title="t", params={"shop_ids": [1]}, created_by="a", at=AT).id


def test_an_id_travels_as_json(queue_settings: Settings, database: Database) -> None:
    """The queue carries the id as JSON, no pickled object; twice in is two entries of the same id."""
    job_id = _job(database)
    queue = jobs.Queue(queue_settings)
    queue.enqueue(job_id)
    queue.enqueue(job_id)
    connection = jobs.connect(queue_settings)
    entries = connection.lrange("rq:queue:wangjian", 0, -1)
    carried = []
    for entry in entries:
        name = entry.decode() if isinstance(entry, bytes) else entry
        data = connection.hget(f"rq:job:{name}", "data")
        assert isinstance(data, bytes)
        carried.append(json.loads(zlib.decompress(data))[2])
    assert carried == [[job_id], [job_id]]
    assert queue.waiting() == 2
    connection.close()


def test_cancel_of_a_queued_job_ends_it(database: Database) -> None:
    """A job that has not begun is cancelled at once; one that is over stays as it is."""
    job_id = _job(database)
    with database.write() as session:
        assert jobs.ask_cancel(session, job_id, AT)
        assert session.get_one(Job, job_id).state == "cancelled"
    with database.write() as session:
        assert not jobs.ask_cancel(session, job_id, AT)
        assert not jobs.ask_cancel(session, "job-none", AT)


def test_cancel_of_a_running_job_asks(database: Database) -> None:
    """A running job is asked; it stops itself."""
    job_id = _job(database)
    with database.write() as session:
        session.get_one(Job, job_id).state = "running"
    with database.write() as session:
        assert jobs.ask_cancel(session, job_id, AT)
        job = session.get_one(Job, job_id)
        assert (job.state, job.cancel_asked) == ("running", True)


def test_unfinished_finds_what_redis_lost(database: Database) -> None:
    """Queued jobs and running ones without a sign of life come back, others do not."""
    queued, stale, alive, done = (_job(database) for _ in range(4))
    with database.write() as session:
        for job_id, state, beat in (
            (stale, "running", AT - timedelta(minutes=5)),
            (alive, "running", AT),
            (done, "done", AT),
        ):
            job = session.get_one(Job, job_id)
            job.state, job.heartbeat_at = state, beat
    with database.read() as session:
        assert set(jobs.unfinished(session, at=AT)) == {queued, stale}


def test_redis_gone_is_a_clear_error(tmp_path: Path) -> None:
    """No server: our error with a hint, and the row stays queued."""
    config = Settings(data_dir=tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(QueueUnavailableError) as caught:
        jobs.Queue(config)
    assert caught.value.hint


def test_redis_dying_between_is_a_clear_error(database: Database, tmp_path: Path) -> None:
    """A server that dies after the connection: our error, and nothing is lost."""
    config = Settings(data_dir=tmp_path / "data")
    queue = jobs.Queue(config)
    PrivateRedis(config.data_dir).stop()
    job_id = _job(database)
    with pytest.raises(QueueUnavailableError):
        queue.enqueue(job_id)
    with database.read() as session:
        assert jobs.unfinished(session, at=AT) == [job_id]


def test_a_redis_that_still_reads_its_file_is_waited_for(
    queue_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker must not end because it was quicker than Redis; one that never ends is told."""
    answers: list[bool] = [False, False, True]

    def ping(_client: Redis) -> bool:
        if answers and not answers.pop(0):
            raise BusyLoadingError("Redis is loading the dataset in memory")
        return True

    monkeypatch.setattr(jobs, "LOADING_WAIT_S", 0.01)
    monkeypatch.setattr(Redis, "ping", ping)
    jobs.connect(queue_settings)
    assert not answers
    answers.extend([False] * 10_000)
    with pytest.raises(QueueUnavailableError):
        jobs.connect(queue_settings)
