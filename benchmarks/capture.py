"""Captures with seal against a bare Playwright screenshot loop, on the same pages and the same browser program.

``python -m benchmarks.capture [PAGES [RUNS]]``. Three sides in turn over pages with 25 pictures each:

* one worker: the capture jobs one after another, as one worker runs them: load, two full-page pictures, scrolling,
  DOM, PDF, WARC of every exchange with its connection's facts, completeness; then digests, signature, timestamps
  from two separate services, report, package, store, database;
* two workers: the same jobs out of the queue, as ``wangjian run`` does it on two cores;
* bare: a new context, ``goto``, one full-page PNG, close; page after page.

The clock runs from the first request at the page server to the last page done. Held: one worker / bare >= 0.3, and
with two workers <= 1.0 s a page (medians).

Then, by itself, what sealing adds: the pages are captured and wait, as those of a case do until two officers approved;
then one job seals them one after another, and the time from one sealed page to the next is told: lists, signature,
timestamps, log, forms, report, package, store, database. Held: <= 0.3 s a page (median); the processor time of our
process, with the opening of keys and services, is told beside it.
``python -m benchmarks.capture seal [PAGES]`` measures that alone.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from playwright.async_api import async_playwright
from sqlalchemy import func, select, update

from benchmarks.crawl import PageServer
from crawlers.capture.browser import ARGUMENTS, find_browser
from evidence import intake
from kernel.clock import monotonic, now
from kernel.config import Settings, settings
from kernel.db import Database
from kernel.jobs import Queue, create
from kernel.models import CustodyEvent, Evidence
from pipeline.job_run import JobRun
from pipeline.schedule import plan_captures
from pipeline.stack import Stack
from pipeline.stage_capture import capture
from pipeline.stand_ins import TRUST
from pipeline.wiring import open_database, open_evidence_store

IMAGES = 25
TARGET, PAGE_TARGET_S, SEAL_TARGET_S = 0.3, 1.0, 0.3
LEAST_SEALS = 30
WORKERS = 2
LOOK_SECONDS = 0.05
LIMIT_SECONDS = 600.0


class Seals:
    """Our side: an installation in a folder with two timestamp services of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        os.environ.update(WANGJIAN_DATA_DIR=str(folder), WANGJIAN_EGRESS_ALLOW=f"127.0.0.1:{port}")
        settings.cache_clear()
        self._port = port
        self._stack = Stack(settings())

    def __enter__(self) -> Self:
        self._stack.start_stand_ins(TRUST)
        self.config: Settings = self._stack.config
        self.database: Database = open_database(self.config)
        open_evidence_store(self.config)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.database.close()
        self._stack.stop()

    def _order(self, pages: int, key: str, waits: str = "") -> list[str]:
        """Order every page; the jobs that are to capture them. waits: case for which they wait once captured."""
        with self.database.write() as session:
            for page in range(pages):
                intake.order(
                    session, key=f"{key}-{page}", url=f"http://127.0.0.1:{self._port}/p/{page}", shop_id=None,
                    listing_id=None, reason="rule", purpose="benchmark", actor="benchmark", at=now(),
                )  # fmt: skip
            session.flush()
            session.execute(update(Evidence).where(Evidence.state == "ordered").values(case_number=waits))
            return plan_captures(session, created_by="benchmark", at=now())

    def one_worker(self, pages: int, key: str) -> float:
        """Capture and seal every page in this process, one job after another; returns when it ended.

        Raises:
            SystemExit: one was not sealed.
        """
        sealed = 0
        for name in self._order(pages, key):
            run = JobRun.take(self.database, name, now)
            if run is not None:
                sealed += int(str(capture(run, self.config)["sealed"]))
                run.finish("done")
        if sealed != pages:
            raise SystemExit(f"expected {pages} sealed, got {sealed}")
        return monotonic()

    def two_workers(self, pages: int, key: str) -> float:
        """Have the workers do it; returns when they ended.

        Raises:
            SystemExit: not all were sealed in time.
        """
        wanted = self._sealed() + pages
        with Stack(self.config) as stack:
            stack.start_workers(WORKERS)
            queue = Queue(self.config)
            for name in self._order(pages, key):
                queue.enqueue(name)
            end = monotonic() + LIMIT_SECONDS
            while self._sealed() < wanted:
                if monotonic() > end:
                    raise SystemExit(f"expected {wanted} sealed within {LIMIT_SECONDS:.0f} s, got {self._sealed()}")
                time.sleep(LOOK_SECONDS)
            return monotonic()

    def sealing(self, pages: int, key: str) -> tuple[list[float], float]:
        """Capture pages that wait for approval, then seal them in one job.

        Returns:
            seconds from each sealed page to the next; processor seconds a page.

        Raises:
            SystemExit: one was not sealed.
        """
        ids: list[str] = []
        for name in self._order(pages + 1, key, waits="benchmark"):
            run = JobRun.take(self.database, name, now)
            if run is not None:
                ids += [str(one) for one in run.params["evidence_ids"]]  # type: ignore[attr-defined]
                capture(run, self.config)
                run.finish("done")
        with self.database.write() as session:
            session.execute(update(Evidence).values(case_number=""))
            params = {"evidence_ids": ids}
            name = create(session, kind="capture", title="", params=params, created_by="benchmark", at=now()).id
        run = JobRun.take(self.database, name, now)
        before = time.process_time()
        if run is None or capture(run, self.config)["sealed"] != len(ids):
            raise SystemExit(f"expected {len(ids)} to be sealed, they are not")
        cpu = time.process_time() - before
        run.finish("done")
        with self.database.read() as session:
            query = select(CustodyEvent.at).where(CustodyEvent.action == "sealed", CustodyEvent.evidence_id.in_(ids))
            times = sorted(session.execute(query).scalars())
        return [(second - first).total_seconds() for first, second in pairwise(times)], cpu / len(ids)

    def _sealed(self) -> int:
        with self.database.read() as session:
            return session.execute(select(func.count(Evidence.id)).where(Evidence.state == "sealed")).scalar_one()


async def bare(port: int, pages: int, path: str) -> float:
    """The loop everybody writes."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), chromium_sandbox=False)
        for page in range(pages):
            context = await browser.new_context(viewport={"width": 1366, "height": 900})
            tab = await context.new_page()
            await tab.goto(f"http://127.0.0.1:{port}/p/{page}", wait_until="load")
            await tab.screenshot(full_page=True)
            await context.close()
        await browser.close()
    return monotonic()


def told_sealing(seals: Seals, pages: int) -> bool:
    """What sealing adds, printed; whether that is little enough."""
    walls, cpu = seals.sealing(max(pages, LEAST_SEALS), "seal")
    met, load = median(walls) <= SEAL_TARGET_S, os.getloadavg()[0]
    print(
        f"sealing adds {median(walls):.3f} s a page [{min(walls):.3f}-{max(walls):.3f}], median of {len(walls)}; "
        f"processor {cpu:.3f} s a page (<= {SEAL_TARGET_S}): {'met' if met else 'MISSED'}; load {load:.1f}"
    )
    return met


def seal_alone(pages: int) -> int:
    """The sealing part by itself; exit code 1 when it is missed."""
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as name:
        server = PageServer(Path(name), max(pages, LEAST_SEALS) + 1, IMAGES)
        try:
            with Seals(Path(name) / "data", server.port) as seals:
                return 0 if told_sealing(seals, pages) else 1
        finally:
            server.process.kill()
            server.process.wait()


def main() -> int:
    """All runs; exit code 1 when a target is missed."""
    if sys.argv[1:2] == ["seal"]:
        return seal_alone(int(sys.argv[2]) if len(sys.argv) > 2 else LEAST_SEALS)
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    path = find_browser(Settings())
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"load before {load:.1f} on {cores} cores; {pages} pages, {IMAGES} pictures each, {runs} runs; {path}")
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as name:
        server = PageServer(Path(name), max(pages, LEAST_SEALS) + 1, IMAGES)
        try:
            with Seals(Path(name) / "data", server.port) as seals:
                sides: dict[str, Callable[[str], float]] = {
                    "one worker": lambda key: seals.one_worker(pages, key),
                    "two workers": lambda key: seals.two_workers(pages, key),
                    "bare": lambda _: asyncio.run(bare(server.port, pages, path)),
                }
                seconds: dict[str, list[float]] = {side: [] for side in sides}
                for number in range(runs):
                    for side, run in sides.items():
                        server.ask("/_reset")
                        ended = run(f"{side}-{number}")
                        seconds[side].append((ended - server.ask("/_first")["first"]) / pages)
                little = told_sealing(seals, pages)
        finally:
            server.process.kill()
            server.process.wait()
    for side, values in seconds.items():
        print(f"{side:12} {median(values):5.2f} s a page [{min(values):.2f}-{max(values):.2f}]")
    ratio, page = median(seconds["bare"]) / median(seconds["one worker"]), median(seconds["two workers"])
    met = ratio >= TARGET and page <= PAGE_TARGET_S and little
    print(
        f"bare / one worker {ratio:.2f} (>= {TARGET}), two workers {page:.2f} s a page (<= {PAGE_TARGET_S}): "
        f"{'met' if met else 'MISSED'}; load after {os.getloadavg()[0]:.1f}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
