from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.row import Reader, day_in_china, digest_of, kept_fields

TODAY = date(2026, 11, 25)
GOOD = "91310115XX0000019T"


def read(value: object) -> Reader:
    """A reader of one field called ``x``."""
    return Reader({"x": value}, TODAY)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-11-05", date(2026, 11, 5)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026年11月5日", date(2026, 11, 5)),
        ("20261105", date(2026, 11, 5)),
        ("2026-11-05 00:00:00", date(2026, 11, 5)),
        ("", None),
        (None, None),
    ],
)
def test_days_in_their_written_forms(value: object, day: date | None) -> None:
    """Each form that is agreed is read; nothing is no problem."""
    reader = read(value)
    assert reader.day("x") == day
    assert not reader.problems


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-02-30", "form"),
        ("25/11/2026", "form"),
        ("昨天", "form"),
        ("1899-01-01", "past"),
        ("2026-11-26", "future"),
        ({"a": 1}, "form"),
        (True, "form"),
    ],
)
def test_days_that_are_none(value: object, reason: str) -> None:
    """A day that is not understood, or cannot be, is a problem and not a guess."""
    reader = read(value)
    assert reader.day("x") is None
    assert [problem.reason for problem in reader.problems] == [reason]


@pytest.mark.parametrize(
    ("value", "unit", "fen"),
    [("500", 1_000_000, 500_000_000), ("0.5", 100, 50), ("1,234.56", 100, 123_456), (12, 100, 1200), ("", 100, None)],
)
def test_amounts(value: object, unit: int, fen: int | None) -> None:
    """Amounts are exact integers of 分."""
    assert read(value).fen("x", unit=unit) == fen


@pytest.mark.parametrize("value", ["三千", "-5", "1.234", "1e3", "12元", "NaN"])
def test_amounts_that_are_none(value: str) -> None:
    """Words, signs, exponents and parts of a 分 are problems."""
    reader = read(value)
    assert reader.fen("x") is None
    assert reader.problems[0].reason == "form"


def test_codes() -> None:
    """Both check digits must be right."""
    assert read(GOOD).uscc("x") == GOOD
    for wrong, reason in ((GOOD[:-1] + "U", "check-digit"), (GOOD[:-1], "form"), ("91330100799655059E", "check-digit")):
        reader = read(wrong)
        assert reader.uscc("x") == ""
        assert reader.problems[0].reason == reason
    reader = read("310115000123457")
    assert reader.registration_number("x") == ""
    assert reader.problems[0].reason == "check-digit"


def test_texts() -> None:
    """Too long, missing, not text, and text no database takes."""
    for value, reason in (("a" * 11, "long"), (" ", "missing"), ([1], "form"), ("a\x00b", "form"), ("\ud800", "form")):
        reader = read(value)
        assert reader.text("x", required=True, limit=10) == ""
        assert reader.problems[0].reason == reason


def test_choices_and_addresses() -> None:
    """A code of no table and an address of another scheme are problems."""
    reader = Reader({"state": "77", "site": "ftp://a.example.test/", "good": "HTTPS://A.example.test"}, TODAY)
    assert reader.choice("state", {"1": "active"}) == ""
    assert reader.url("site") == ""
    assert reader.url("good") == "https://a.example.test/"
    assert reader.url("none") == ""
    assert [(one.field, one.reason) for one in reader.problems] == [("state", "unknown-code"), ("site", "form")]


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats())))
def test_kept_fields_can_be_kept(fields: dict[str, object]) -> None:
    """Whatever came, what is kept is canonical JSON and holds no field that is not allowed."""
    kept = kept_fields(fields, ("a", "b"))
    assert set(kept) <= {"a", "b"}
    assert len(digest_of(kept)) == 64
    str(kept).encode()


def test_day_in_china() -> None:
    """The day begins at 16:00 UTC."""
    assert day_in_china(datetime(2026, 11, 25, 16, 0, tzinfo=UTC)) == date(2026, 11, 26)
