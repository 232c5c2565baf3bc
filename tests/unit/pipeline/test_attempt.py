"""Standing work that fails is told and hurts nobody."""

import logging

import pytest

from kernel.errors import WangjianError
from pipeline.attempt import attempt


class KnownError(WangjianError):
    """A fault of a kind that is known."""

    code = "test.known"


def _fail(error: Exception) -> None:
    raise error


def test_work_that_comes_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Says nothing."""
    assert attempt("index", lambda: 7)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [
        (KnownError("expected a, got b"), logging.WARNING, "index was put off: expected a, got b (test.known)"),
        (ValueError("unforeseen"), logging.ERROR, "index failed"),
    ],
)
def test_work_that_fails(caplog: pytest.LogCaptureFixture, error: Exception, level: int, words: str) -> None:
    """A known fault is a line with its code, an unknown one a trace; neither is raised."""
    with caplog.at_level(logging.WARNING, "pipeline.attempt"):
        assert not attempt("index", lambda: _fail(error))
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (level, words)
    assert bool(record.exc_info) == (level == logging.ERROR)
