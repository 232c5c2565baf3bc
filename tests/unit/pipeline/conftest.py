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


@pytest.fixture(autouse=True)
def _no_duties_of_other_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keeper in a test does its own; what rooms hang up is tested by them."""
    monkeypatch.setattr("pipeline.duties.DUTIES", ())
