"""A crew: workers forked from one warm process, so that what all of them load is in memory once."""

import contextlib
import logging
import os
import signal
from collections import deque
from collections.abc import Callable

from kernel.clock import monotonic
from kernel.free_memory import settle
from kernel.parent import die_with_parent

logger = logging.getLogger(__name__)

RESTARTS = 5
RESTART_SECONDS = 60.0
"""More failures than ``RESTARTS`` within these seconds, and the crew gives up."""
GOES_ON = 75
"""Exit status of one that did its work, and another should take its place."""


def work_together(count: int, work: Callable[[], bool]) -> int:
    """Do the same work in some processes, each time in a new one, until all say that it is done.

    One that ends in error is started again, unless that happens again and again; then the others are asked to end.

    Args:
        count: processes. work: what each does; True when it is to be done again, by a new process. Nothing of it
            may have begun before (files, threads).

    Returns:
        exit status: 0 when all ended well.

    Raises:
        KeyboardInterrupt: passed on, after the crew was told (SIGTERM) and has ended.

    Effects: ``count`` child processes at a time.
    """
    settle()
    crew = {_begin(work) for _ in range(count)}
    failures: deque[float] = deque(maxlen=RESTARTS + 1)
    status = 0
    try:
        while crew:
            pid, code = os.wait()
            crew.discard(pid)
            ended = os.waitstatus_to_exitcode(code)
            if not ended:
                continue
            if ended != GOES_ON:
                logger.warning("worker %d ended with status %d", pid, ended)
                failures.append(monotonic())
            if status:
                continue
            if len(failures) > RESTARTS and monotonic() - failures[0] < RESTART_SECONDS:
                status = 1
                _tell(crew)
            else:
                crew.add(_begin(work))
    except BaseException:
        _tell(crew)
        for pid in crew:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        raise
    return status


def work_apart(work: Callable[[], None]) -> int:
    """Do something once in a process of its own, which leaves nothing of it behind here.

    Returns:
        exit status: 0 when it ended well; what went wrong is in the log.

    Effects: a child process, until it has ended.
    """

    def once() -> bool:
        work()
        return False

    pid = _begin(once)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _tell(crew: set[int]) -> None:
    for pid in crew:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _begin(work: Callable[[], bool]) -> int:
    """Fork; the child does the work and never returns from here."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent(parent)  # one left alone would take jobs with the settings of a command that is gone
        code = GOES_ON if work() else 0
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        logger.exception("a worker failed")
    finally:
        os._exit(code)
