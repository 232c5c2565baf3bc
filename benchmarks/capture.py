"""Captures with seal against a bare Playwright screenshot loop, on the same pages and the same browser program.

``python -m benchmarks.capture [PAGES [RUNS]]``. Two sides in turn over pages with 25 pictures each:

* ours: one capture job as a worker runs it: load, two full-page pictures, scrolling, DOM, PDF, WARC of every
  exchange with its connection's facts, completeness; then digests, signature, timestamps from two separate
  services, report, package, store, database;
* bare: a new context, ``goto``, one full-page PNG, close.

The clock runs from the first request at the page server to the last page done. Held: ours / bare >= 0.3 (medians).
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from playwright.async_api import async_playwright

from benchmarks.crawl import PageServer
from crawlers.capture.browser import ARGUMENTS, find_browser
from evidence import intake
from kernel.clock import monotonic, now
from kernel.config import Settings, settings
from kernel.db import Database
from pipeline.job_run import JobRun
from pipeline.schedule import plan_captures
from pipeline.stack import Stack
from pipeline.stage_capture import capture
from pipeline.stand_ins import TRUST
from pipeline.wiring import open_database, open_evidence_store

IMAGES = 25
TARGET = 0.3


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

    def run(self, pages: int, number: int) -> None:
        """Capture and seal every page.

        Raises:
            SystemExit: one was not sealed.
        """
        with self.database.write() as session:
            for page in range(pages):
                intake.order(
                    session, key=f"{number}-{page}", url=f"http://127.0.0.1:{self._port}/p/{page}", shop_id=None,
                    listing_id=None, reason="rule", purpose="benchmark", actor="benchmark", at=now(),
                )  # fmt: skip
            jobs = plan_captures(session, created_by="benchmark", at=now())
        sealed = 0
        for name in jobs:
            run = JobRun.take(self.database, name, now)
            if run is not None:
                sealed += int(str(capture(run, self.config)["sealed"]))
                run.finish("done")
        if sealed != pages:
            raise SystemExit(f"expected {pages} sealed, got {sealed}")


async def bare(port: int, pages: int, path: str) -> None:
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


def main() -> int:
    """All runs; exit code 1 when the target is missed."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    speeds: dict[str, list[float]] = {"ours": [], "bare": []}
    path = find_browser(Settings())
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"load before {load:.1f} on {cores} cores; {pages} pages, {IMAGES} pictures each, {runs} runs; {path}")
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as name:
        server = PageServer(Path(name), pages, IMAGES)
        try:
            with Seals(Path(name) / "data", server.port) as seals:
                for number in range(runs):
                    for side, values in speeds.items():
                        server.ask("/_reset")
                        if side == "ours":
                            seals.run(pages, number)
                        else:
                            asyncio.run(bare(server.port, pages, path))
                        values.append(pages / (monotonic() - server.ask("/_first")["first"]))
        finally:
            server.process.kill()
            server.process.wait()
    for side, values in speeds.items():
        print(f"{side:6} {median(values):6.2f} pages/s [{min(values):.2f}-{max(values):.2f}]")
    ratio = median(speeds["ours"]) / median(speeds["bare"])
    met = ratio >= TARGET
    print(f"ours / bare {ratio:.2f} (>= {TARGET}): {'met' if met else 'MISSED'}; load after {os.getloadavg()[0]:.1f}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
