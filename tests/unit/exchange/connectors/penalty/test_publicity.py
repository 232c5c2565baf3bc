from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.penalty.publicity import shown_until


@pytest.mark.parametrize(
    ("types", "published", "ends", "until", "rule"),
    [
        (("fine",), date(2026, 1, 31), None, date(2029, 1, 31), "pub13-3y"),
        (("criticism",), date(2026, 11, 30), None, date(2027, 2, 28), "pub13-3m"),
        (("warning", "criticism"), date(2026, 1, 5), None, date(2026, 4, 5), "pub13-3m"),
        (("fine", "criticism"), date(2024, 2, 29), None, date(2027, 2, 28), "pub13-3y"),
        (("fine",), date(2026, 1, 31), date(2026, 4, 30), date(2026, 4, 30), "source"),
        (("warning",), None, None, None, "not-published"),
        (("fine",), None, None, None, ""),
    ],
)
def test_ends_of_publicity(
    types: tuple[str, ...], published: date | None, ends: date | None, until: date | None, rule: str
) -> None:
    """Three months, three years, or as the source says."""
    assert shown_until(types, published, ends) == (until, rule)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_three_months_are_never_more_than_92_days(day: date) -> None:
    """And three years never less than 1,094."""
    months, _ = shown_until(("criticism",), day, None)
    years, _ = shown_until(("fine",), day, None)
    assert months is not None
    assert years is not None
    assert 89 <= (months - day).days <= 92
    assert 1094 <= (years - day).days <= 1096
