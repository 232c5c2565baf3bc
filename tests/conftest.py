"""What every test has: no network outside loopback, a data directory of its own, settings of its own.

With several workers (as ``make test`` has them) a file stays with one worker, so that what a module starts is
started once; files that take long come first, so that no worker ends long before another.
"""

import gc
import ipaddress
import os
import socket
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import coverage
import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from kernel.config import Settings, settings
from kernel.db import Database
from tests.servers.empty_records import open_records

# How fast the machine is at the moment is no property of what is tested. The suite tries the same examples each time:
# what it says of a change is about the change. `--hypothesis-profile=explore` looks for new ones, ten times as many.
_CALM = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True)
hypothesis.settings.register_profile("suite", _CALM, derandomize=True)
hypothesis.settings.register_profile("explore", _CALM, max_examples=1_000)
hypothesis.settings.load_profile("suite")

_connect = socket.socket.connect
FIRST = (
    "tests/integration/test_verifier_page.py",
    "tests/contract/search/",
    "tests/integration/test_faults_services.py",
    "tests/integration/test_main_job.py",
    "tests/integration/test_faults_browser.py",
    "tests/integration/test_linked_faults.py",
    "tests/integration/test_exchange_chaos.py",
    "tests/integration/test_faults_disk.py",
    "tests/integration/test_crawl_kill.py",
    "tests/architecture/",
    "tests/integration/test_verify_corpus.py",
)
"""What takes about a minute or more, longest first. The groups of the tamper corpus, which any worker takes, fill up
the end of it; the corpus is made for the first file, and no other worker waits for it."""
LONG = ("tests/contract/", "tests/e2e/", "tests/integration/")
TOGETHER = ("tests/contract/search/",)
"""Folders whose session fixtures are dear (a full index): one worker has all of a folder."""
APART = ("tests/integration/test_verify_corpus.py",)
"""Files whose tests share nothing that a worker has: each test goes to the worker that is free."""
MEASURES = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""What tells a new process to measure which lines it runs."""
UNMEASURED = (
    "tests/architecture/",
    "tests/contract/search/test_search_agreement.py",
    "tests/integration/test_exchange_chaos.py",
    "tests/integration/test_matching_held_out.py",
    "tests/integration/test_rules_market.py",
    "tests/integration/test_verifier_page.py",
    "tests/integration/test_verify_corpus.py",
)
"""What does the same thousands of times, or reads our sources: to measure its lines takes as long again."""

PAUSED = pytest.StashKey[coverage.Coverage]()


class WholeFiles(LoadFileScheduling):  # type: ignore[misc]
    """Whole files to a worker, and whole folders of ``TOGETHER``, in the order they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path in APART:
            return nodeid
        return next((folder for folder in TOGETHER if path.startswith(folder)), path)


def turn(nodeid: str) -> int:
    """When a test comes, among several workers: those of ``FIRST`` in their order, then long ones, then the others."""
    known = next((place for place, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))
    return known if known < len(FIRST) or nodeid.startswith(LONG) else len(FIRST) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeFiles:
    """The scheduler of a run with several workers."""
    config.option.loadscopereorder = False
    return WholeFiles(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: the collector of garbage need not look at them, now or later.

    It took a quarter of the time of collecting.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers long files come first, so that all end together; else the order stays as shuffled."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn(item.nodeid))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Lines are not measured where it would double the time for nothing: the tests of single modules run them too.

    That is in the processes that long tests start, and in what is ``UNMEASURED``.
    """
    told = {name: os.environ.pop(name) for name in MEASURES if name in os.environ and item.nodeid.startswith(LONG)}
    if item.nodeid.startswith(UNMEASURED) and (measure := coverage.Coverage.current()):
        measure.stop()
        item.config.stash[PAUSED] = measure
    try:
        return (yield)
    finally:
        # To begin again costs as much as a small test.
        if not (nextitem and nextitem.nodeid.startswith(UNMEASURED)) and (
            measure := item.config.stash.get(PAUSED, None)
        ):
            del item.config.stash[PAUSED]
            with warnings.catch_warnings(action="ignore"):  # our modules are there already, it says
                measure.start()
        os.environ.update(told)


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _guarded_connect(self: socket.socket, address: object) -> None:
    if not _is_local(address):
        raise AssertionError(f"a test tried to leave loopback: {address!r}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _stay_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves this machine."""
    monkeypatch.setattr(socket.socket, "connect", _guarded_connect)


@pytest.fixture(autouse=True)
def _clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Settings come from the test alone, and files go to its own folder."""
    for name in list(os.environ):
        if name.startswith("WANGJIAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WANGJIAN_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    """Settings with a data directory of their own."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def database(config: Settings) -> Iterator[Database]:
    """An empty database with the newest schema (SQLite)."""
    database = open_records(config.data_dir / "wangjian.db")
    yield database
    database.close()
