"""Each check on its own: what fails, what passes, what is left to others."""

from datetime import UTC, date, datetime

import pytest

from exchange.quality.errors import QualityRuleError
from exchange.quality.predicate import Parameters, blank, compile_check, day_of

TODAY = date(2026, 11, 25)
NOTHING = (None, "", "  ")


def _failing(name: str, given: Parameters, *columns: list[object]) -> list[int]:
    return compile_check(name, given)(columns, TODAY)


@pytest.mark.parametrize(
    ("name", "given", "right", "wrong"),
    [
        ("uscc", Parameters(), ["91310115XX0000019T"], ["91310115XX0000018T", 9, ["x"]]),
        ("registration-number", Parameters(), ["310115000123456"], ["310115000123457", "x"]),
        ("pattern", Parameters(pattern="[0-9]{6}"), ["310115", 310115], ["31011", "3101155"]),
        ("choice", Parameters(one_of=("1", "2")), ["1", 2], ["3", True]),
        ("length", Parameters(least=2, most=3), ["ab", "abc"], ["a", "abcd"]),
        ("number", Parameters(least=0, most=9), ["0", "9", 3, "1,0"[:1]], ["-1", "10", "x", []]),
        ("trimmed", Parameters(), ["a b", 1], [" a", "a\u3000"]),
        ("day", Parameters(), ["2026-11-25", "2026/1/2", "2026年1月2日", "20260102", TODAY], ["2026-11-26", "x", []]),
        ("day", Parameters(), ["1949-10-01"], ["2026-02-30", "1900-01-01"]),
        ("day", Parameters(future=True), ["2027-01-01"], ["x"]),
    ],
)  # fmt: skip
def test_one_field(name: str, given: Parameters, right: list[object], wrong: list[object]) -> None:
    """What is wrong is named by its place; nothing said is not wrong."""
    assert _failing(name, given, [*right, *NOTHING, *wrong]) == [
        len(right) + len(NOTHING) + place for place in range(len(wrong))
    ]


def test_required() -> None:
    """None, empty and white space are nothing."""
    assert _failing("required", Parameters(), ["a", None, "", " \u3000", 0, False]) == [1, 2, 3]


def test_required_when() -> None:
    """Only where the other field has one of the words."""
    given = Parameters(other="b", one_of=("1",))
    assert _failing("required-when", given, ["", "", "x", None], ["1", "2", "1", 1]) == [0, 3]


def test_not_before() -> None:
    """Order and distance; a value that is no day is the matter of another check."""
    given = Parameters(other="b", most=10)
    later: list[object] = ["2026-01-02", "2026-01-01", "2026-01-20", "x", "", "2026-01-02"]
    earlier: list[object] = ["2026-01-02", "2026-01-02", "2026-01-02", "2026-01-02", "2026-01-02", None]
    assert _failing("not-before", given, later, earlier) == [1, 2]


def test_fits_and_equals() -> None:
    """A part of a value by the word of another field; two that must be the same."""
    given = Parameters(other="b", place=(1, 2), by_other={"9500": ("2",)})
    assert _failing("fits", given, ["92", "91", "91", ""], ["9500", 9500, "1100", "9500"]) == [1]
    assert _failing("equals", Parameters(other="b"), ["a", "a", ""], ["a", "b", "b"]) == [1]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("nosuch", Parameters()),
        ("pattern", Parameters()),
        ("pattern", Parameters(pattern="(")),
        ("equals", Parameters()),
    ],
)
def test_a_check_that_cannot_be(name: str, given: Parameters) -> None:
    """Unknown, without what it needs, or with a pattern that is none."""
    with pytest.raises(QualityRuleError):
        compile_check(name, given)


def test_days_and_blanks() -> None:
    """A time is the day in China."""
    assert day_of(datetime(2026, 11, 24, 17, tzinfo=UTC)) == TODAY
    assert day_of(datetime(2026, 11, 25, 1)) == TODAY  # noqa: DTZ001 - a time without a zone is taken as it stands
    assert day_of("2026-11-25T08:00:00+08:00") == TODAY
    assert not blank(0)
