"""Checks of data quality, compiled: each looks at whole columns of a batch and names the rows that fail.

An empty value is the matter of ``required`` alone; every other check lets it pass, so that one fault is found once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from exchange.quality.errors import QualityRuleError
from exchange.quality.uscc_table import is_uscc
from kernel.clock import CHINA
from kernel.identifiers import check_registration_number

Column = Sequence[object]
Failing = list[int]
Look = Callable[[Sequence[Column], date], Failing]
"""Columns of a batch and the day in China on which they are checked: the places of rows that fail."""
FIRST_DAY = date(1949, 10, 1)
DAY = re.compile(r"(\d{4})(?:-|/|年)?(\d{1,2})(?:-|/|月)?(\d{1,2})日?(?:[T ]\d{2}:\d{2}(?::\d{2})?.*)?")
_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a rule file gives a check; each check names those it needs.

    Attributes:
        other: the other field of a check over two. one_of: words. pattern: regular expression for the whole value.
        least, most: bounds of a length or a number. future: a day may lie ahead. by_other: the words that are right
            for each word of ``other``. place: from, to of a part of the value.
    """

    other: str = ""
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    least: int | None = None
    most: int | None = None
    future: bool = False
    by_other: Mapping[str, tuple[str, ...]] | None = None
    place: tuple[int, int] | None = None


def blank(value: object) -> bool:
    """Nothing is said: none, or a text of white space."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def day_of(value: object) -> date | None:
    """The day a value names, or none where it names none."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    match = DAY.fullmatch(str(value).strip())
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


class _Days:
    """Reads days; the same text is read once."""

    def __init__(self) -> None:
        self._known: dict[object, date | None] = {}

    def __call__(self, value: object) -> date | None:
        try:
            return self._known[value]
        except TypeError:  # a list or another thing that names no day
            return None
        except KeyError:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            found = self._known[value] = day_of(value)
            return found


def _required(_: Parameters) -> Look:
    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        return [
            place
            for place, value in enumerate(columns[0])
            if value is None or (isinstance(value, str) and (not value or value.isspace()))
        ]

    return look


def _required_when(given: Parameters) -> Look:
    wanted = frozenset(given.one_of)

    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        pairs = enumerate(zip(columns[0], columns[1], strict=True))
        return [place for place, (value, other) in pairs if str(other) in wanted and blank(value)]

    return look


def _one_by_one(right: Callable[[object], bool]) -> Look:
    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        return [
            place
            for place, value in enumerate(columns[0])
            if value is not None and value != "" and not right(value) and not blank(value)
        ]

    return look


def _uscc(_: Parameters) -> Look:
    return _one_by_one(is_uscc)


def _registration_number(_: Parameters) -> Look:
    return _one_by_one(lambda value: check_registration_number(str(value)).ok)


def _pattern(given: Parameters) -> Look:
    matches = re.compile(given.pattern).fullmatch
    return _one_by_one(lambda value: matches(value if isinstance(value, str) else str(value)) is not None)


def _choice(given: Parameters) -> Look:
    words = frozenset(given.one_of)
    return _one_by_one(lambda value: (value if isinstance(value, str) else str(value)) in words)


def _length(given: Parameters) -> Look:
    least, most = given.least or 0, 1 << 30 if given.most is None else given.most
    return _one_by_one(lambda value: least <= len(str(value)) <= most)


def _number(given: Parameters) -> Look:
    least, most = given.least, given.most

    def right(value: object) -> bool:
        try:
            number = float(str(value).replace(",", ""))
        except ValueError:
            return False
        return (least is None or number >= least) and (most is None or number <= most)

    return _one_by_one(right)


def _trimmed(_: Parameters) -> Look:
    return _one_by_one(lambda value: not isinstance(value, str) or value == value.strip())


def _day(given: Parameters) -> Look:
    days, ahead = _Days(), given.future

    def look(columns: Sequence[Column], today: date) -> Failing:
        last = date.max if ahead else today
        found = []
        for place, value in enumerate(columns[0]):
            if value is None or value == "":
                continue
            day = days(value)
            if (day is None or not FIRST_DAY <= day <= last) and not blank(value):
                found.append(place)
        return found

    return look


def _not_before(given: Parameters) -> Look:
    days, most = _Days(), None if given.most is None else timedelta(days=given.most)

    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        found = []
        for place, (value, other) in enumerate(zip(columns[0], columns[1], strict=True)):
            if value is None or value == "" or other is None or other == "":
                continue
            later, earlier = days(value), days(other)
            if later is not None and earlier is not None and not _follows(earlier, later, most):
                found.append(place)
        return found

    return look


def _follows(earlier: date, later: date, most: timedelta | None) -> bool:
    return later >= earlier and (most is None or later - earlier <= most)


def _fits(given: Parameters) -> Look:
    start, end = given.place or (0, 1 << 30)
    words = {key: frozenset(allowed) for key, allowed in (given.by_other or {}).items()}

    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        found = []
        for place, (value, other) in enumerate(zip(columns[0], columns[1], strict=True)):
            allowed = words.get(other if isinstance(other, str) else str(other))
            if allowed is not None and not blank(value) and str(value)[start:end] not in allowed:
                found.append(place)
        return found

    return look


def _equals(_: Parameters) -> Look:
    def look(columns: Sequence[Column], today: date) -> Failing:
        del today
        pairs = enumerate(zip(columns[0], columns[1], strict=True))
        return [place for place, (value, other) in pairs if value != other and not blank(value) and not blank(other)]

    return look


CHECKS: dict[str, tuple[Callable[[Parameters], Look], frozenset[str]]] = {
    "required": (_required, frozenset()),
    "required-when": (_required_when, frozenset({"other", "one_of"})),
    "uscc": (_uscc, frozenset()),
    "registration-number": (_registration_number, frozenset()),
    "pattern": (_pattern, frozenset({"pattern"})),
    "choice": (_choice, frozenset({"one_of"})),
    "length": (_length, frozenset()),
    "number": (_number, frozenset()),
    "trimmed": (_trimmed, frozenset()),
    "day": (_day, frozenset()),
    "not-before": (_not_before, frozenset({"other"})),
    "fits": (_fits, frozenset({"other", "by_other"})),
    "equals": (_equals, frozenset({"other"})),
}
"""By the name in a rule file: what makes it, and the parameters it cannot do without."""
UNIQUE = "unique"
"""The one check over the whole set: each value once."""


def compile_check(name: str, given: Parameters) -> Look:
    """The check of that name.

    Raises:
        QualityRuleError: no such check, a parameter it needs is not given, or its pattern is not one.
    """
    if name not in CHECKS:
        raise QualityRuleError(f"expected one of {', '.join((*CHECKS, UNIQUE))}, got {name!r}", hint="docs/quality.md")
    make, needed = CHECKS[name]
    missing = sorted(part for part in needed if not getattr(given, part))
    if missing:
        raise QualityRuleError(f"expected {', '.join(missing)} for {name}, got none", hint="docs/quality.md")
    try:
        return make(given)
    except re.error as error:
        raise QualityRuleError(f"expected a pattern, got {given.pattern!r}: {error}", hint="docs/quality.md") from error
