"""A crew: workers forked from one warm process, so that what all of them load is in memory once."""

import contextlib
import gc
import logging
import os
import signal
from collections.abc import Callable

logger = logging.getLogger(__name__)

RESTARTS = 5


def work_together(count: int, work: Callable[[], None]) -> int:
    """Do the same work in some processes until all are done.

    One that ends in error is started again, a few times in all; then the others are asked to end.

    Args:
        count: processes. work: what each does; it must not have begun anything before (files, threads).

    Returns:
        exit status: 0 when all ended well.

    Raises:
        KeyboardInterrupt: passed on, after the crew was told (SIGTERM) and has ended.

    Effects: ``count`` child processes.
    """
    gc.collect()
    gc.freeze()  # what is there now is never looked at by the collector again, and so stays shared
    crew = {_begin(work) for _ in range(count)}
    restarts = status = 0
    try:
        while crew:
            pid, code = os.wait()
            crew.discard(pid)
            if not code:
                continue
            logger.warning("worker %d ended with status %d", pid, os.waitstatus_to_exitcode(code))
            if restarts < RESTARTS:
                restarts += 1
                crew.add(_begin(work))
            elif not status:
                status = 1
                _tell(crew)
    except BaseException:
        _tell(crew)
        for pid in crew:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        raise
    return status


def _tell(crew: set[int]) -> None:
    for pid in crew:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _begin(work: Callable[[], None]) -> int:
    """Fork; the child does the work and never returns from here."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        logger.exception("a worker failed")
    finally:
        os._exit(code)
