"""The processes of one machine."""

import os
import time
from pathlib import Path

import pytest

from crawlers.capture_door import VARIABLE, knock
from evidence import trust
from evidence.log import entry, ledger
from kernel.config import Settings, settings
from pipeline import stack as stack_module
from pipeline.keeper import Keeper
from pipeline.process import Child
from pipeline.stack import Stack
from pipeline.wiring import open_database, open_log


def _workers(stack: Stack) -> list[Child]:
    return [child for child in stack.children if child.module == stack_module.WORKER_MODULE]


def _ended(stack: Stack) -> None:
    deadline = time.monotonic() + 120
    while not any(child.code() is not None for child in _workers(stack)) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_worker_that_ended_is_started_again_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing its queue ends a worker; only when that goes on is it a failure. Other children are not replaced."""
    monkeypatch.setattr(stack_module, "WORKER_MODULE", "this")
    monkeypatch.setattr(stack_module, "WORKER_RESTARTS", 1)
    with Stack(Settings(data_dir=tmp_path / "data", redis_url="redis://127.0.0.1:9/0")) as stack:
        stack.start_workers(1)
        first = _workers(stack)
        _ended(stack)
        assert stack.dead() == []
        assert len(_workers(stack)) == 1
        assert _workers(stack) != first
        _ended(stack)
        assert stack.dead() == _workers(stack)


def test_a_stand_in_witness_cosigns_what_the_keeper_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started where none is set, pinned, on the trust list as test trust; a second start keeps its key."""
    for name in ("URLS", "KEYS_DIR", "TEST_TRUST", "QUORUM"):
        monkeypatch.setenv(f"WANGJIAN_WITNESS_{name}", "")  # so that what the stack sets goes with the test
        monkeypatch.delenv(f"WANGJIAN_WITNESS_{name}")
    monkeypatch.setattr("pipeline.keeper.PUBLISH_SECONDS", -1.0)
    for number in range(2):
        settings.cache_clear()
        with Stack(settings()) as stack:
            assert list(stack.start_stand_ins(("witness",))) == ["witness-gamma"]
            assert stack.start_stand_ins(("witness",)) == {}
            assert len(stack.children) == 1
            database = open_database(stack.config)
            with database.write() as session:
                ledger.append(session, entry.package(f"{number:064x}", "0" * 64))
            keeper = Keeper(stack.config, database, visits=False)
            keeper._log()
            keeper.close()
            with open_log(stack.config, database) as publisher:
                newest = publisher.newest() or b""
            assert f"\n{number + 1}\n" in newest.decode()
            assert newest.decode().count("\u2014") == 2
            database.close()
            listed = trust.load(stack.config.trust_path())
        assert [(key.name, key.kind) for key in listed.keys("witness")] == [("gamma", "test")]
        assert listed.quorum == 1
        for name in ("URLS", "KEYS_DIR", "TEST_TRUST", "QUORUM"):
            monkeypatch.delenv(f"WANGJIAN_WITNESS_{name}")


def test_the_capture_service_is_started_again(tmp_path: Path) -> None:
    """Its door stays open meanwhile; the end of all takes the address back."""
    with Stack(Settings(data_dir=tmp_path / "data", redis_url="redis://127.0.0.1:9/0")) as stack:
        stack.start_workers(1)
        service = stack.children[0]
        service.process.kill()
        service.process.wait(120)
        wire = knock()
        assert stack.dead() == []
        again = stack.children[0]
        assert again is not service
        assert again.module == stack_module.CAPTURE_MODULE
        assert wire is not None
        with wire, wire.makefile("rw") as lines:
            lines.write('{"environment":{}}\n{"id":"a"}\n')
            lines.flush()
            assert '"capture.bad_order"' in lines.readline()
    assert VARIABLE not in os.environ
    assert knock() is None
