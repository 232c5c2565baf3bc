"""Working days: holidays, worked weekends, and years that nobody told us of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import working_days
from kernel.errors import ClockError
from kernel.working_days import Deadline

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2026, 2, 14), True),
        (date(2025, 1, 26), True),
        (date(2024, 2, 9), True),
        (date(2024, 2, 12), False),
    ],
)
def test_days_of_the_notices(day: date, works: bool) -> None:  # noqa: FBT001 - a case of the table
    """Long holidays are off, the weekends named for it are worked."""
    assert working_days.is_working(day) is works


def test_a_time_limit_over_the_long_holiday() -> None:
    """Seven working days from 29 September 2026: 30, 8, 9, 10 (a worked Saturday), 12, 13, 14 October."""
    assert working_days.after(date(2026, 9, 29), 7) == Deadline(date(2026, 10, 14))


def test_a_year_that_is_not_in_the_table_is_named() -> None:
    """Weekends only, and the result says so; nothing is said of years that do not matter."""
    found = working_days.after(date(2026, 12, 28), 7)
    assert found == Deadline(date(2027, 1, 6), (2027,))
    assert working_days.after(date(2026, 12, 1), 5).guessed == ()
    assert not working_days.is_working(date(2030, 6, 1))
    assert working_days.is_working(date(2030, 6, 3))


def test_calendar_days_end_on_a_working_day() -> None:
    """Ninety days from 3 July end on 1 October: the next working day is the eighth."""
    assert working_days.calendar_after(date(2026, 7, 3), 90) == Deadline(date(2026, 10, 8))
    assert working_days.calendar_after(date(2026, 7, 6), 1) == Deadline(date(2026, 7, 7))


def test_the_last_second_is_of_china() -> None:
    """A day ends at 16:00 UTC less a second; an instant belongs to its day in China."""
    assert Deadline(date(2026, 11, 26)).ends_at() == datetime(2026, 11, 26, 15, 59, 59, tzinfo=UTC)
    assert working_days.day_of(datetime(2026, 11, 26, 16, tzinfo=UTC)) == date(2026, 11, 27)


def test_when_working_days_have_passed() -> None:
    """The last day itself is still in time."""
    start = date(2026, 9, 23)
    last = working_days.after(start, 10).day
    assert not working_days.have_passed(start, 10, last)
    assert working_days.have_passed(start, 10, last + timedelta(days=1))
    assert not working_days.have_passed(start, 10, start - timedelta(days=3))


@given(start=DAYS, count=st.integers(1, 40))
def test_every_limit_ends_on_a_working_day_and_counts_right(start: date, count: int) -> None:
    """Between the start and the end lie as many working days as asked for."""
    end = working_days.after(start, count).day
    assert working_days.is_working(end)
    span = (end - start).days
    assert sum(working_days.is_working(start + timedelta(days=one)) for one in range(1, span + 1)) == count
    assert working_days.is_working(working_days.calendar_after(start, count).day)


@pytest.mark.parametrize(
    "given_",
    [
        "holidays: [[2025-01-01, 2025-01-01]], worked: []",
        "holidays: [[2026-01-03, 2026-01-01]], worked: []",
        "holidays: [], worked: [2026-01-05]",
        "holidays: [[2026-01-03, 2026-01-04]], worked: [2026-01-04]",
    ],
)
def test_a_table_that_cannot_be(given_: str) -> None:
    """A day of another year, a holiday turned round, a worked day that is a weekday or a holiday: refused."""
    with pytest.raises(ClockError, match="2026"):
        working_days.read_table(f"years: {{2026: {{source: x, confidence: M, {given_}}}}}")
