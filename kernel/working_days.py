"""Working days (工作日): the clocks of the law count them, with holidays and the weekends that are worked instead.

The table is ``working_days.yml``, one notice of the State Council a year. A year that is not in it counts weekends
only, and every result says for which years that was done, so that a page can say it too.

Spec: 市场监督管理投诉举报处理办法 45 (the first day is not counted; a last day on a holiday moves on).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from kernel.clock import CHINA, as_utc
from kernel.errors import ClockError

FILE = Path(__file__).with_suffix(".yml")
SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Year:
    """What one notice says. Attributes: off: no working days. work: worked although Saturday or Sunday."""

    source: str
    confidence: str
    off: frozenset[date]
    work: frozenset[date]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a time limit.

    Attributes:
        day: in China. guessed: years on the way for which no notice is known, so that weekends alone were left out.
    """

    day: date
    guessed: tuple[int, ...] = ()

    def ends_at(self) -> datetime:
        """The last second of that day in China, aware UTC."""
        return as_utc(datetime.combine(self.day, time(23, 59, 59), CHINA))


Table = Mapping[int, Year]


@lru_cache(maxsize=1)
def table() -> Table:
    """The table of this installation."""
    return read_table(FILE.read_text("utf-8"))


def read_table(text: str) -> Table:
    """A table from YAML.

    Raises:
        ClockError: a day of another year, a holiday that ends before it begins, a worked day that is no weekend.
    """
    found: dict[int, Year] = {}
    for number, given in yaml.safe_load(text)["years"].items():
        off = {day for first, last in given["holidays"] for day in _days(first, last)}
        work = set(given["worked"])
        wrong = [day for day in (*off, *work) if day.year != number]
        wrong += [day for day in work if day.weekday() < SATURDAY or day in off]
        if wrong or not all(first <= last for first, last in given["holidays"]):
            raise ClockError(f"expected holidays and worked weekends of {number}, got {sorted(wrong)[:3] or 'a turn'}")
        found[number] = Year(given["source"], given["confidence"], frozenset(off), frozenset(work))
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + _DAY * number for number in range((last - first).days + 1)]


def is_working(day: date, known: Table | None = None) -> bool:
    """True for a working day; weekends alone count where the year is not in the table."""
    year = (table() if known is None else known).get(day.year)
    if year is None:
        return day.weekday() < SATURDAY
    return day in year.work or (day.weekday() < SATURDAY and day not in year.off)


def after(start: date, count: int, known: Table | None = None) -> Deadline:
    """The working day that is the ``count``-th after a day, which is not counted itself."""
    day, left = start, count
    while left > 0:
        day += _DAY
        left -= is_working(day, known)
    return Deadline(day, unknown_years(start + _DAY, day, known))


def calendar_after(start: date, count: int, known: Table | None = None) -> Deadline:
    """The last of ``count`` calendar days after a day; on a holiday it moves to the next working day."""
    day = start + _DAY * count
    first = day
    while not is_working(day, known):
        day += _DAY
    # Only whether the last day is a holiday matters, not what lies before it.
    return Deadline(day, unknown_years(first, day, known))


def have_passed(start: date, count: int, on: date, known: Table | None = None) -> bool:
    """True when ``count`` working days after ``start`` are over on a day: their last one lies before it."""
    return start < on and after(start, count, known).day < on


def unknown_years(first: date, last: date, known: Table | None = None) -> tuple[int, ...]:
    """Years between two days, both counted, for which no notice is known."""
    years = table() if known is None else known
    return tuple(year for year in range(first.year, last.year + 1) if year not in years)


def day_of(at: datetime) -> date:
    """The day of an instant in China."""
    return as_utc(at).astimezone(CHINA).date()
