"""SIGKILL at twenty random points of a crawl: nothing is lost, nothing is recorded twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psutil

from crawlers.archive import read_body
from kernel.config import ROOT
from kernel.db import Database
from kernel.schema import upgrade
from tests.servers.crawling import Crawling
from tests.servers.tiny_shop import TinyShop, serving, stocked

KILLS = 20
PRODUCTS = 170
DELAY_S = "0.004"


@contextmanager
def _forker(crawling: Crawling) -> Iterator[Callable[[str], int]]:
    """Starts crawl processes and gives their ids."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.crawl_forker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=crawling.environment(),
        cwd=ROOT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    order, answer = process.stdin, process.stdout

    def start(line: str) -> int:
        order.write(line + "\n")
        order.flush()
        return int(answer.readline())

    yield start
    process.communicate(timeout=120)


def _kill_after(pid: int, shop: TinyShop, requests: int, extra: float) -> bool:
    """Kill a process when the shop has seen some more requests, and a moment later; False when it had ended."""
    goal = len(shop.asked) + requests
    deadline = time.monotonic() + 120
    while len(shop.asked) < goal and psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(extra)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    while psutil.pid_exists(pid):
        time.sleep(0.001)
    return True


def test_killed_twenty_times_it_ends_as_if_never_killed(crawling: Crawling, tmp_path: Path) -> None:
    """Pages, facts and frontier after twenty kills equal those of a crawl that ran in one piece."""
    chance = random.Random(20261125)  # noqa: S311 - a repeatable test, no secret
    crawling.options["HOST_DELAY_S"] = DELAY_S
    with serving(stocked(TinyShop(), PRODUCTS)) as shop:
        crawling.allow.append(f"127.0.0.1:{shop.port}")
        job_id, visit = crawling.open(shop.url)
        kills = 0
        with _forker(crawling) as start:
            for _ in range(KILLS):
                pid = start(f"--job {job_id} --visits {visit}")
                kills += _kill_after(pid, shop, chance.randint(1, 14), chance.uniform(0, 0.12))
        crawling.run(job_id, visit)
        whole = Database(f"sqlite:///{tmp_path / 'whole' / 'wangjian.db'}")
        upgrade(whole)
        other = Crawling(whole, tmp_path / "whole", options=dict(crawling.options))
        other_visit = other.watch(shop)

    assert kills == KILLS, "every kill hit a living crawl"
    assert crawling.visit(visit).state == "done"
    rows = crawling.frontier(visit)
    assert {url for url, row in rows.items() if row.state == "done"} == set(other.frontier(other_visit))
    assert all(row.outcome == "ok" and row.page_id for row in rows.values())
    pages = crawling.pages(visit)
    assert max(Counter(page.url for page in pages).values()) == 1, "no page is recorded twice"
    assert len(pages) == crawling.visit(visit).pages
    assert crawling.facts(all_versions=True) == other.facts(all_versions=True)
    for page in pages:
        body = read_body(crawling.config().pages_path(), page.warc_file, page.warc_offset)
        assert sha256(body).hexdigest() == page.body_sha256
    whole.close()
