"""The list of standing duties, and how they are begun."""

import inspect
import logging
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import pytest

from kernel.clock import monotonic
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import QueueUnavailableError
from pipeline.duties import AT_ONCE, DUTIES, Duties, Duty


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., object]], str]:
    """Makes a module with a turn."""

    def make(name: str, turn: Callable[..., object]) -> str:
        made = ModuleType(name)
        made.turn = turn  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, made)
        return name

    return make


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.module)
def test_every_duty_of_the_list_can_be_called(duty: Duty) -> None:
    """The module is there and takes settings, records and a time; what else it takes may be left out."""
    signature = inspect.signature(import_module(duty.module).turn)
    assert list(signature.parameters)[:3] == ["config", "database", "at"]
    signature.bind(None, None, None)
    assert duty.every > 0
    assert duty.first >= 0


def test_a_duty_that_fails_or_hangs_hurts_no_other(
    database: Database,
    config: Settings,
    module: Callable[[str, Callable[..., object]], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The others are done at each turn; what failed is told and done again; what hangs is not begun twice."""
    seen: list[str] = []
    released, again = threading.Event(), threading.Semaphore(0)

    def good(config_: Settings, database_: Database, at: object) -> None:
        assert (config_, database_) == (config, database)
        assert at is not None
        again.release()

    def hang(*_: object) -> None:
        seen.append("hang")
        released.wait(120)

    def put_off(*_: object) -> None:
        seen.append("put off")
        raise QueueUnavailableError("expected Redis, got nothing")

    def broken(*_: object) -> None:
        raise ValueError("unforeseen")

    duties = Duties(
        config,
        database,
        [
            Duty(module("hanging_duty", hang), every=0),
            Duty(module("putting_duty", put_off), every=3600),
            Duty(module("broken_duty", broken), every=3600),
            Duty("there_is_no_such_duty", every=3600),
            Duty(module("good_duty", good), every=0),
            Duty(module("late_duty", broken), every=1, first=3600),
        ],
    )
    with caplog.at_level(logging.WARNING, "pipeline.attempt"):
        found, end = 0, monotonic() + 120
        told = ("there_is_no_such_duty failed", "putting_duty was put off", "broken_duty failed")
        while (found < 2 or not all(words in caplog.text for words in told)) and monotonic() < end:
            duties.turn()
            found += again.acquire(timeout=0.05)
    assert found >= 2
    assert sorted(seen) == ["hang", "put off"]
    assert "putting_duty was put off" in caplog.text
    assert "broken_duty failed" in caplog.text
    assert "there_is_no_such_duty failed" in caplog.text
    assert "late_duty" not in caplog.text
    duties.close(0.05)
    released.set()
    duties.close()
    assert not [one for one in threading.enumerate() if one.name == "hanging_duty"]


def test_only_a_few_work_at_once(
    database: Database, config: Settings, module: Callable[[str, Callable[..., object]], str]
) -> None:
    """What is beyond is begun when another is over."""
    released, begun = threading.Event(), threading.Semaphore(0)

    def slow(*_: object) -> None:
        begun.release()
        released.wait(120)

    names = [module(f"slow{number}_duty", slow) for number in range(AT_ONCE + 1)]
    duties = Duties(config, database, [Duty(name, every=3600) for name in names])
    duties.turn()
    duties.turn()
    for _ in range(AT_ONCE):
        assert begun.acquire(timeout=120)
    assert not begun.acquire(timeout=0.1)
    released.set()
    duties.close()
    duties.turn()
    assert begun.acquire(timeout=120)
    duties.close()
