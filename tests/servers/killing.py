"""Kill a piece of work at every step of it: a child is forked for each, and ends by SIGKILL before its n-th line."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

MOST_STEPS = 2_000


def killed_at_each_step(work: Callable[[], object], *files: str, every: int = 1) -> Iterator[int]:
    """Do ``work`` in a child that is killed before line 1, 2, 3 … of it, until one ends by itself.

    The caller prepares before each round and looks after it; the generator is then asked for the next one.

    Args:
        work: opens whatever it needs itself. files: ends of the paths whose lines count. every: leave
            out all steps but each so-manieth.

    Yields:
        the number of the step that was not reached any more.
    """
    for step in range(1, MOST_STEPS, every):
        child = os.fork()
        if not child:
            _run(work, files, step)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "the work failed by itself"
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield step
    raise AssertionError(f"expected an end within {MOST_STEPS} steps")


def _run(work: Callable[[], object], files: tuple[str, ...], step: int) -> None:
    left = step

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child of a test has nobody else to tell
        traceback.print_exc()
        os._exit(1)
