"""The crawl process: ``python -m crawlers.run --job JOB --visits 1,2,3 [--lease-seconds 60]``.

Crawls until the visits are drained, the job is cancelled or SIGTERM comes; all three end with
status 0. Status 2: the command line is wrong. Status 3: the database or the disk failed; the last
line on standard error says which, and the same command goes on where this one ended.

Effects: the database, WARC files below ``Settings.pages_path()``, log lines on standard error.
"""

import argparse
import gc
import logging
import sys
from collections.abc import Sequence

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from kernel import log
from kernel.config import settings
from kernel.errors import WangjianError
from kernel.free_memory import YOUNG_OBJECTS, keep_freed

logger = logging.getLogger("wangjian.crawl")
EXIT_FAILED = 3
SWITCH_SECONDS = 0.001
"""The longest the clerk's thread keeps the interpreter while answers wait: 5 ms for each call to the system would
let the page reader run dry as long as a group is recorded."""
KEPT_BYTES = 8 << 20
"""Freed memory that is kept: each answer and each group of rows wants as much again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one crawl process; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m crawlers.run", description="Crawl visits. 抓取巡查任务。")
    parser.add_argument("--job", required=True, help="id of the job that shows progress")
    parser.add_argument("--visits", required=True, type=_ids, help="visit ids: 1,2,3")
    parser.add_argument("--lease-seconds", type=float, default=60.0, help="length of a lease on an address")
    options = parser.parse_args(arguments)
    log.set_up(as_json=settings().log_json)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_ours)
    project = ScrapySettings()
    project.setmodule("crawlers.settings", priority="project")
    process = AsyncCrawlerProcess(project)
    crawler = process.create_crawler("shop")
    process.crawl(crawler, job_id=options.job, visits=options.visits, lease_seconds=str(options.lease_seconds))
    gc.freeze()  # modules stay; the collector need not walk them again and again
    gc.set_threshold(YOUNG_OBJECTS)
    keep_freed(KEPT_BYTES)
    sys.setswitchinterval(SWITCH_SECONDS)
    process.start(install_signal_handlers=False)
    failure = getattr(crawler.spider, "failure", None)
    if failure is None:
        return 0
    if isinstance(failure, WangjianError):
        logger.error("%s: %s %s", failure.code, failure.message, failure.hint)
    else:
        logger.error("crawl failed", exc_info=failure)
    return EXIT_FAILED


def _is_ours(record: logging.LogRecord) -> bool:
    """Of the libraries' lines only errors; what is normal is in the database."""
    return record.levelno >= logging.ERROR or not record.name.startswith(("scrapy", "aiohttp", "asyncio"))


def _ids(text: str) -> str:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"expected numbers with commas, got {text!r}")
    return text


if __name__ == "__main__":
    sys.exit(main())
