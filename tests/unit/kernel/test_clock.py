"""Time: aware, UTC, sortable text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import CHINA, as_utc, iso, monotonic, now, parse_iso
from kernel.errors import ClockError

AWARE = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(AWARE, AWARE)
def test_text_order_is_time_order(left: datetime, right: datetime) -> None:
    """Times compare as their texts do, and read back unchanged."""
    assert (iso(left) < iso(right)) == (left < right)
    assert parse_iso(iso(left)) == left


def test_naive_times_are_refused() -> None:
    """A time without a zone is not a time here."""
    with pytest.raises(ClockError):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
    with pytest.raises(ClockError):
        parse_iso("2026-01-01T00:00:00")
    with pytest.raises(ClockError):
        parse_iso("yesterday")
    with pytest.raises(ClockError):
        parse_iso("0001-01-01T00:00:00+14:00")


def test_china_is_eight_hours_ahead() -> None:
    """08:00 in Shanghai is midnight UTC."""
    assert iso(datetime(2026, 1, 1, 8, tzinfo=CHINA)) == "2026-01-01T00:00:00.000000Z"
    assert now().tzinfo is UTC
    assert monotonic() <= monotonic()
