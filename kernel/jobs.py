"""Jobs: records of long work, and the queue that carries their ids (RQ on Redis).

The row in table ``job`` is the truth; Redis only carries its id, as JSON, never a pickled object.
Losing Redis loses nothing: :func:`unfinished` finds what must be put in again.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError
from rq import Queue as RqQueue
from rq.serializers import JSONSerializer
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kernel.config import Settings
from kernel.errors import QueueUnavailableError
from kernel.identifiers import new_id
from kernel.models.job import Job
from kernel.private_redis import PrivateRedis

QUEUE_NAME = "wangjian"
PERFORM = "pipeline.worker.perform"
ANSWER_SECONDS = 10.0
LOADING_WAIT_S = 0.2
JOB_TIMEOUT_S = 24 * 3600
STALE_AFTER = timedelta(seconds=60)
FINAL_STATES = frozenset({"done", "failed", "cancelled"})


def create(
    session: Session, *, kind: str, title: str, params: Mapping[str, object], created_by: str, at: datetime
) -> Job:
    """Write down a job to be done; give its id to :meth:`Queue.enqueue` after the commit.

    Args:
        session: a write session.
        kind: a name in ``pipeline.worker.KINDS``.
        title: one line for people.
        params: ids and options as JSON values.
        created_by: user name or ``system:<part>``.
        at: aware UTC.
    """
    job = Job(id=new_id("job"), kind=kind, title=title, params=dict(params), created_by=created_by, created_at=at)
    session.add(job)
    session.flush()
    return job


def ask_cancel(session: Session, job_id: str, at: datetime) -> bool:
    """Ask a job to stop at its next safe point; a queued one ends at once.

    Returns:
        False when there is no such job or it is over already.
    """
    job = session.get(Job, job_id)
    if job is None or job.state in FINAL_STATES:
        return False
    job.cancel_asked = True
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", at
    return True


def unfinished(session: Session, *, at: datetime) -> list[str]:
    """Ids of jobs that are queued, or running without a sign of life for a minute, oldest first."""
    stale = Job.heartbeat_at < at - STALE_AFTER
    query = (
        select(Job.id)
        .where(or_(Job.state == "queued", (Job.state == "running") & (Job.heartbeat_at.is_(None) | stale)))
        .order_by(Job.created_at, Job.id)
    )
    return list(session.execute(query).scalars())


def connect(settings: Settings) -> Redis:
    """A Redis client: the configured server, or the private one (started when needed).

    Raises:
        QueueUnavailableError: it does not answer.
    """
    if settings.redis_url:
        url = settings.redis_url
    else:
        private = PrivateRedis(settings.data_dir)
        private.start()
        url = private.url
    try:
        # A server that takes the call and never answers must not hold a command for ever.
        client = Redis.from_url(url, socket_connect_timeout=5, socket_timeout=ANSWER_SECONDS, health_check_interval=30)
        _wait_until_loaded(client)
    except (RedisError, ValueError) as error:
        raise QueueUnavailableError(
            f"expected Redis to answer, got: {error}",
            hint="Is it running? Jobs are kept in the database and go on when it is back.",
        ) from error
    return client


def _wait_until_loaded(client: Redis) -> None:
    """Ping; a Redis that has just been started reads its file first and says so."""
    tries = int(ANSWER_SECONDS / LOADING_WAIT_S)
    for left in range(tries, -1, -1):
        try:
            client.ping()
        except BusyLoadingError:
            if not left:
                raise
            time.sleep(LOADING_WAIT_S)
        else:
            return


class Queue:
    """The way from a job's row to a worker."""

    def __init__(self, settings: Settings) -> None:
        self._queue = RqQueue(
            QUEUE_NAME, connection=connect(settings), serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_S
        )

    def enqueue(self, job_id: str) -> None:
        """Hand an id to the workers. Handing it in twice does it once (the row decides).

        Raises:
            QueueUnavailableError: Redis does not answer; the row stays queued.
        """
        try:
            # Each call is an entry of its own: the first one deletes itself when done, a second must not miss it.
            self._queue.enqueue_call(PERFORM, args=[job_id], result_ttl=0, failure_ttl=3600)
        except RedisError as error:
            raise QueueUnavailableError(
                f"expected Redis to take the job {job_id}, got: {error}",
                hint="The job stays in the database; `wangjian worker` puts it in again.",
            ) from error

    def waiting(self) -> int:
        """How many jobs wait."""
        return int(self._queue.count)
