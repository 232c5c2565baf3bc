"""A newborn: the fork of a nursery, on its way to be the program that was asked for."""

import atexit
import contextlib
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from kernel.config import settings


def live(order: dict[str, object], streams: Sequence[int], inherited: Sequence[int]) -> NoReturn:
    """The life of a child: what ``python -m`` would do, in a copy of the nursery.

    Args:
        order: ``module``, ``arguments``, ``environment`` and ``folder``. streams: descriptors of its standard input,
            output and error. inherited: descriptors that are not its own; they are closed.

    Effects: this process becomes that program, and ends with it.
    """
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for place, descriptor in enumerate(streams):
            os.dup2(descriptor, place)
        for descriptor in inherited:
            os.close(descriptor)
        call_it(str(order["module"]))
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        logging.basicConfig(level=logging.WARNING, handlers=[logging.lastResort], force=True)  # type: ignore[list-item]
        environment = order["environment"]
        os.environ.clear()
        os.environ.update(environment if isinstance(environment, dict) else {})
        settings.cache_clear()
        os.chdir(str(order["folder"]))
        arguments = order["arguments"]
        sys.argv = [str(order["module"]), *(arguments if isinstance(arguments, list) else [])]
        runpy.run_module(str(order["module"]), run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as error:
        status = _status(error)
    except KeyboardInterrupt:
        status = -signal.SIGINT & 0xFF
    except BaseException:  # noqa: BLE001 - the end of a program: what is left of it is its last words
        traceback.print_exc()
    finally:
        _leave(status)


def call_it(name: str) -> None:
    """The name that ``ps -e`` shows, its last fifteen characters; the command line stays that of the first process."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name[-15:])


def _status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def _leave(status: int) -> NoReturn:
    """End as a program ends, but leave memory as it is: to take it apart would copy what is shared."""
    try:
        # As multiprocessing does it: there is no other way to have these run without taking memory apart.
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        atexit._run_exitfuncs()  # noqa: SLF001 - see above
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
