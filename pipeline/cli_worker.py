"""The command ``worker``: processes that take jobs from the queue, out of one that is warm."""

import argparse
from contextlib import closing

from kernel.clock import now
from kernel.config import Settings, settings
from kernel.jobs import Queue
from pipeline.crew import work_apart, work_together
from pipeline.schedule import requeue_unfinished
from pipeline.warmth import warm_up
from pipeline.wiring import check_log, open_database
from pipeline.worker import serve


def worker(options: argparse.Namespace) -> int:
    """Take jobs from the queue until told to stop."""
    config = settings()
    if status := work_apart(lambda: _requeue(config)):
        return status
    warm_up()
    return work_together(options.count, lambda: serve(config, burst=options.burst))


def _requeue(config: Settings) -> None:
    """What Redis may have lost is put in again; the log is checked as at every start."""
    with closing(open_database(config)) as database:
        check_log(config, database)
        requeue_unfinished(database, Queue(config), at=now())
