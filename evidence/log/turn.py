"""Only one publisher at a time: over all processes of this machine, and over all machines of one database."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from evidence.log.errors import LogBusyError
from kernel.clock import monotonic
from kernel.db import Database

_POLL_SECONDS = 0.05
_LOCK = 6_120_463_208_312_377_021
"""Number of the database's lock; no other part of the product uses it."""


@contextmanager
def one_publisher(database: Database, path: Path, wait_s: float) -> Iterator[None]:
    """Wait for one's turn. A turn ends with the process that has it, however that ends.

    Args:
        path: file of the lock; stays. wait_s: seconds to wait at most.

    Raises:
        LogBusyError: others were at it for too long.

    Effects: makes ``path``; one connection on PostgreSQL.
    """
    deadline = monotonic() + wait_s
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        while not _take_file(lock.fileno()):
            _wait(deadline, path)
        if database.engine.dialect.name != "postgresql":
            yield
            return
        with database.answering(), database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as held:
            while not held.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": _LOCK}).scalar():
                _wait(deadline, path)
            try:
                yield
            finally:
                held.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK})


def _take_file(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(deadline: float, path: Path) -> None:
    if monotonic() > deadline:
        raise LogBusyError(
            f"expected the log to be free, got another publisher (lock {path})", hint="It is tried again by itself."
        )
    time.sleep(_POLL_SECONDS)
