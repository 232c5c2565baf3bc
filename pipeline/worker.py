"""The worker: takes job ids from the queue and does the work."""

import logging
from collections.abc import Callable, Mapping

from rq import Queue as RqQueue
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer

from kernel import audit
from kernel.clock import now
from kernel.config import Settings, settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.jobs import QUEUE_NAME, Queue, connect, unfinished
from pipeline import stage_capture, stage_index, stage_judge, stage_watch
from pipeline.errors import CancelledError, JobKindError
from pipeline.job_run import JobRun
from pipeline.queue_entry import QueueEntry
from pipeline.wiring import check_log, open_database

logger = logging.getLogger(__name__)

Stage = Callable[[JobRun, Settings], dict[str, object]]

KINDS: Mapping[str, Stage] = {
    "watch": stage_watch.watch,
    "capture": stage_capture.capture,
    "judge": stage_judge.judge_all,
    "rebuild_index": stage_index.rebuild,
}
"""Every kind of job, and the function that does it."""


def perform(job_id: str) -> None:
    """Do one job, unless it is over or in other hands. Called by RQ with an id, nothing else.

    Effects: table ``job``, ``audit``, and those of the stage.
    """
    config = settings()
    database = open_database(config)
    try:
        run = JobRun.take(database, job_id, now)
        if run is not None:
            _perform(run, config)
    finally:
        database.close()


def _perform(run: JobRun, config: Settings) -> None:
    try:
        result = _stage(run.kind)(run, config)
    except CancelledError:
        run.finish("cancelled")
        _note(run, "job.cancelled", {})
    except WangjianError as error:
        logger.warning("job %s failed: %s (%s)", run.id, error.message, error.code)
        run.finish("failed", code=error.code, message=f"{error.message} {error.hint}".strip())
        _note(run, "job.failed", {"code": error.code})
    except Exception as error:
        run.finish("failed", code="pipeline.unexpected", message=f"{type(error).__name__}: {error}")
        raise
    else:
        run.finish("done", result=result)
        _note(run, "job.done", {"kind": run.kind})


def _stage(kind: str) -> Stage:
    if kind not in KINDS:
        raise JobKindError(f"expected a job of {', '.join(KINDS)}, got {kind!r}")
    return KINDS[kind]


def _note(run: JobRun, action: str, detail: Mapping[str, object]) -> None:
    with run.database.write() as session:
        audit.append(
            session, actor="system:worker", action=action, object_type="job", object_id=run.id, detail=detail, at=now()
        )


def requeue_unfinished(database: Database, queue: Queue) -> int:
    """Put in again what the database says is not done (Redis may have lost it)."""
    with database.read() as session:
        waiting = unfinished(session, at=now())
    for job_id in waiting:
        queue.enqueue(job_id)
    return len(waiting)


def serve(config: Settings, *, burst: bool = False, fork: bool = True) -> None:
    """Work until told to stop; with ``burst`` until the queue is empty.

    Args:
        config: settings.
        burst: end when nothing waits.
        fork: one process a job, so that a crash takes one job only.
    """
    database = open_database(config)
    try:
        check_log(config, database)
        requeue_unfinished(database, Queue(config))
    finally:
        database.close()
    connection = connect(config)
    queue = RqQueue(QUEUE_NAME, connection=connection, serializer=JSONSerializer, job_class=QueueEntry)
    worker_class = Worker if fork else SimpleWorker
    worker = worker_class([queue], connection=connection, serializer=JSONSerializer, job_class=QueueEntry)
    worker.work(burst=burst, logging_level="WARNING")
