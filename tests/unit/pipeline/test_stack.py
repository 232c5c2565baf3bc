"""The processes of one machine."""

import time
from pathlib import Path

import pytest

from kernel.config import Settings
from pipeline import stack as stack_module
from pipeline.stack import Stack


def _ended(stack: Stack) -> None:
    deadline = time.monotonic() + 30
    while not any(child.code() is not None for child in stack.children) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_worker_that_ended_is_started_again_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing its queue ends a worker; only when that goes on is it a failure. Other children are not replaced."""
    monkeypatch.setattr(stack_module, "WORKER_MODULE", "this")
    monkeypatch.setattr(stack_module, "WORKER_RESTARTS", 1)
    with Stack(Settings(data_dir=tmp_path / "data", redis_url="redis://127.0.0.1:9/0")) as stack:
        stack.start_workers(1)
        first = stack.children[0]
        _ended(stack)
        assert stack.dead() == []
        assert len(stack.children) == 1
        assert stack.children[0] is not first
        _ended(stack)
        assert stack.dead() == stack.children
