"""The worker: takes job ids from the queue and does the work."""

import logging
from collections.abc import Callable, Mapping
from importlib import import_module

from rq import Queue as RqQueue
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from kernel import audit
from kernel.clock import now
from kernel.config import Settings, settings
from kernel.errors import WangjianError
from kernel.jobs import QUEUE_NAME, connect
from pipeline.errors import CancelledError, JobKindError
from pipeline.job_run import JobRun
from pipeline.queue_entry import QueueEntry
from pipeline.wiring import open_database

logger = logging.getLogger(__name__)

Stage = Callable[[JobRun, Settings], dict[str, object]]

KINDS: Mapping[str, tuple[str, str]] = {
    "watch": ("pipeline.stage_watch", "watch"),
    "capture": ("pipeline.stage_capture", "capture"),
    "judge": ("pipeline.stage_judge", "judge_all"),
    "scrub": ("pipeline.stage_scrub", "scrub_all"),
    "export_case": ("pipeline.stage_export", "export_all"),
    "rebuild_index": ("pipeline.stage_index", "rebuild"),
}
"""Every kind of job: the module that does it, loaded when there is such a job to do, and its function."""


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
    module, name = KINDS[kind]
    stage: Stage = getattr(import_module(module), name)
    return stage


def load_stages() -> None:
    """Load every stage, for a process that workers are forked from: what is there before is in memory once."""
    for module, _ in KINDS.values():
        import_module(module)


def _note(run: JobRun, action: str, detail: Mapping[str, object]) -> None:
    with run.database.write() as session:
        audit.append(
            session, actor="system:worker", action=action, object_type="job", object_id=run.id, detail=detail, at=now()
        )


def serve(config: Settings, *, burst: bool = False) -> bool:
    """Wait for one job and do it; each job has a process of its own, so that a crash takes one job only.

    Args:
        config: settings.
        burst: do not wait.

    Returns:
        True when a job was done; False when nothing waits (``burst``) or a signal asked for the end.

    Raises:
        QueueUnavailableError: Redis does not answer.
    """
    connection = connect(config)
    queue = RqQueue(QUEUE_NAME, connection=connection, serializer=JSONSerializer, job_class=QueueEntry)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer, job_class=QueueEntry)
    return worker.work(burst=burst, max_jobs=1, logging_level="WARNING")
