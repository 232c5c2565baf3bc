"""The keeper: what must happen although nobody asks for it.

While it runs, waiting documents reach the index, orders reach workers, jobs that lost their worker
are taken up, and shops whose visit is due are visited. Every duty may fail without hurting the
others, and is done again at the next turn. What other rooms hang up is in :mod:`pipeline.duties`.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from kernel.jobs import Queue
from pipeline.attempt import attempt
from pipeline.duties import Duties
from pipeline.schedule import due_shops, lost_jobs, plan_captures, plan_watch, requeue_unfinished
from pipeline.stage_index import drain_all
from pipeline.store_duty import StoreDuty
from pipeline.wiring import check_log, open_engine, open_log

ACTOR = "system:keeper"
TURN_SECONDS = 2.0
REQUEUE_SECONDS = 60.0
PUBLISH_SECONDS = 30.0
STORE_SECONDS = 3.0


class Keeper:
    """Does the standing duties, a turn at a time.

    Args:
        config: settings. database: open records. visits: also start visits that are due.
    """

    def __init__(self, config: Settings, database: Database, *, visits: bool) -> None:
        self._config = config
        self._database = database
        self._visits = visits
        self._engine = open_engine(config)
        self._store_duty = StoreDuty(config, database)
        self._storing: Future[None] | None = None
        self._closing = Event()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._stored_at = monotonic() - STORE_SECONDS
        self._requeued_at = self._published_at = monotonic()
        self._duties = Duties(config, database)

    def close(self) -> None:
        """Give back the engine; what is done with the store comes to its next safe point."""
        self._closing.set()
        self._duties.close()
        self._beside.shutdown()
        self._engine.close()

    def turn(self) -> None:
        """One round of all duties. Effects: index, queue, log, tables ``job``, ``evidence``."""
        for duty in (self._index, self._orders, self._due_visits, self._lost_jobs, self._log, self._store):
            attempt(f"keeper.{duty.__name__.strip('_')}", duty)
        self._duties.turn()

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Turn after turn while ``goes_on`` says so; the log is checked first."""
        attempt("keeper.check_log", lambda: check_log(self._config, self._database))
        while goes_on():
            self.turn()
            time.sleep(TURN_SECONDS)

    def _index(self) -> None:
        drain_all(self._database, self._engine)

    def _orders(self) -> None:
        with self._database.write() as session:
            jobs = plan_captures(session, created_by=ACTOR, at=now())
        self._enqueue(jobs)

    def _due_visits(self) -> None:
        if not self._visits:
            return
        with self._database.write() as session:
            shops = due_shops(session, at=now())
            jobs = [plan_watch(session, shop_ids=shops, created_by=ACTOR, at=now())] if shops else []
        self._enqueue(jobs)

    def _lost_jobs(self) -> None:
        queue = Queue(self._config)
        if monotonic() - self._requeued_at >= REQUEUE_SECONDS:
            self._requeued_at = monotonic()
            requeue_unfinished(self._database, queue, at=now())
        elif not queue.waiting():
            # A Redis that was lost came back empty, or a worker died: that must not wait for the minute.
            with self._database.read() as session:
                lost = lost_jobs(session, at=now())
            for job_id in lost:
                queue.enqueue(job_id)

    def _log(self) -> None:
        """Publish what nobody waits for (custody events), so that it is witnessed soon and beacons stay fresh."""
        due = monotonic() - self._published_at >= PUBLISH_SECONDS
        if not due or len(self._config.witness_urls) < self._config.witness_quorum:
            return
        self._published_at = monotonic()
        with open_log(self._config, self._database) as publisher:
            publisher.publish()

    def _store(self) -> None:
        """Deletions, copies, locks and the scrub, beside all else: a store may be slow."""
        if monotonic() - self._stored_at < STORE_SECONDS or (self._storing is not None and not self._storing.done()):
            return
        self._stored_at = monotonic()
        self._storing = self._beside.submit(self._store_duty.turn_or_log, lambda: not self._closing.is_set())

    def _enqueue(self, jobs: list[str]) -> None:
        if jobs:
            queue = Queue(self._config)
            for job in jobs:
                queue.enqueue(job)
