"""What the tests of this room share."""

import logging
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """The command sets a signal handler and the log; both go back."""
    handler, log = signal.getsignal(signal.SIGTERM), logging.getLogger()
    level, handlers = log.level, log.handlers[:]
    yield
    signal.signal(signal.SIGTERM, handler)
    log.handlers[:] = handlers
    log.setLevel(level)
