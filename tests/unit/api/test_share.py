"""Shares: a burst, a rate, one address apart from another."""

import pytest

from api import share
from api.share import Share


def test_a_burst_then_a_rate() -> None:
    """A quarter of a minute's share at once, then one each second of sixty."""
    at = [0.0]
    bucket = Share(60, lambda: at[0])
    assert [bucket.take("a") for _ in range(16)] == [True] * 15 + [False]
    assert bucket.take("b")
    at[0] = 1.0
    assert [bucket.take("a") for _ in range(2)] == [True, False]
    at[0] = 1_000.0
    assert [bucket.take("a") for _ in range(16)] == [True] * 15 + [False]


def test_no_limit() -> None:
    """Zero means none."""
    assert all(Share(0).take("a") for _ in range(1_000))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was longest silent is forgotten."""
    monkeypatch.setattr(share, "MAX_ADDRESSES", 2)
    bucket = Share(4, lambda: 0.0)
    assert bucket.take("a")
    assert not bucket.take("a")
    assert bucket.take("b")
    assert bucket.take("c")
    assert bucket.take("a")
