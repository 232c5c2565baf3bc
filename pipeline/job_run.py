"""One run of one job: ownership, progress, the question whether to stop."""

import os
import socket
from collections.abc import Callable
from datetime import datetime

import psutil
from sqlalchemy import update

from kernel.db import Database
from kernel.jobs import STALE_AFTER
from kernel.models import Job
from kernel.pid import is_over
from pipeline.errors import CancelledError

START_TOLERANCE_S = 3


def owner_name() -> str:
    """``host:pid:start`` of this process; the start time tells a reused pid apart."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{int(psutil.Process(pid).create_time())}"


def is_alive(owner: str) -> bool | None:
    """Whether the owner's process runs; None when it is on another machine."""
    parts = owner.rsplit(":", 2)
    if len(parts) != 3:
        return None
    name, pid, started = parts
    if name != socket.gethostname():
        return None
    try:
        # The start is told by the clock of the machine, which may have been set right meanwhile.
        same = abs(psutil.Process(int(pid)).create_time() - int(started)) < START_TOLERANCE_S
        return same and not is_over(int(pid))
    except (psutil.NoSuchProcess, ValueError):
        return False


class JobRun:
    """A job that this process has taken.

    Use :meth:`take`; it returns None when the job is over, unknown, or in other hands.
    """

    def __init__(self, database: Database, job: Job, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.id = job.id
        self.kind = job.kind
        self.params = dict(job.params)
        self.created_by = job.created_by
        self._clock = clock

    @classmethod
    def take(cls, database: Database, job_id: str, clock: Callable[[], datetime]) -> "JobRun | None":
        """Take a job: queued, or running under a process that is gone.

        Effects: table ``job`` (state running, owner, heartbeat).
        """
        at = clock()
        with database.write() as session:
            # Locked: the queue may hold a job twice, and two workers reach for it at the same moment.
            job = session.get(Job, job_id, with_for_update=True)
            if job is None or job.state not in {"queued", "running"}:
                return None
            if job.state == "running" and not is_abandoned(job, at):
                return None
            job.state, job.owner, job.heartbeat_at = "running", owner_name(), at
            job.started_at = job.started_at or at
            job.error_code = job.error = ""
        return cls(database, job, clock)

    def report(self, **progress: object) -> None:
        """Give a sign of life and merge counters into the progress.

        Raises:
            CancelledError: a person asked for a stop.

        Effects: table ``job``.
        """
        with self.database.write() as session:
            job = session.get_one(Job, self.id)
            job.heartbeat_at = self._clock()
            if progress:
                job.progress = {**job.progress, **progress}
            asked = job.cancel_asked
        if asked:
            raise CancelledError("the job was stopped by a person", hint="Start it again to do the rest.")

    def finish(self, state: str, *, result: dict[str, object] | None = None, code: str = "", message: str = "") -> None:
        """Write how it ended. Effects: table ``job``."""
        with self.database.write() as session:
            values = {"state": state, "finished_at": self._clock(), "error_code": code, "error": message}
            if result is not None:
                values["result"] = result
            session.execute(update(Job).where(Job.id == self.id).values(values))


def is_abandoned(job: Job, at: datetime) -> bool:
    """Whether the process that runs a job is gone: dead on this machine, or silent for a minute on another."""
    alive = is_alive(job.owner)
    if alive is not None:
        return not alive
    return job.heartbeat_at is None or job.heartbeat_at < at - STALE_AFTER
