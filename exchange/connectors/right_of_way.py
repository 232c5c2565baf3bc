"""Right of way at the records' one writer: what somebody waits for goes before what is read in bulk.

A write lock is not fair: who lets go and begins again at once shuts out those who look for it every tenth of a second.
So whoever takes in many rows does it in small parts, one system at a time, and lets those go first who wait for a
receipt to be written down. Holds within a process; another one finds its gap in the breath after a part.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

BREATH_S = 0.11
"""Longer than SQLite lets a waiting writer sleep."""
LONGEST_WAY_S = 5.0
"""Bulk work comes on after this, whoever waits."""

_bulk = threading.Lock()
_gate = threading.Condition()
_ahead = 0


@contextmanager
def ahead() -> Iterator[None]:
    """Go before bulk work, for one short transaction."""
    global _ahead  # noqa: PLW0603 - one count of the process, under its condition
    with _gate:
        _ahead += 1
    try:
        yield
    finally:
        with _gate:
            _ahead -= 1
            _gate.notify_all()


@contextmanager
def in_bulk(*, breath: bool) -> Iterator[None]:
    """Do one part of bulk work, when nobody of this process goes ahead and no other bulk work is going on.

    Args:
        breath: afterwards leave a gap for other processes.
    """
    with _bulk:
        with _gate:
            _gate.wait_for(lambda: _ahead == 0, LONGEST_WAY_S)
        yield
        if breath:
            time.sleep(BREATH_S)
