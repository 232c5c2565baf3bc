"""Names and values as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.vocabulary import FIELDS, Bounds, Style, field_named, read_bounds, show_bounds


def test_every_name_is_unique_in_both_languages() -> None:
    """No name leads to two fields."""
    names = [name for field in FIELDS for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))
    assert all(field_named(name) is not None for name in names)
    assert field_named("ＴＩＴＬＥ") is field_named("标题")
    assert field_named("无此字段") is None


@pytest.mark.parametrize(
    ("field", "value", "canonical"),
    [
        ("platform", " Sample-Market ", "sample-market"),
        ("platform", "", None),
        ("shop_id", "００7", "7"),
        ("shop_id", "七", None),
        ("rule", "ad01", "AD01"),
        ("region", "31", "310000"),
        ("region", "3101", "310100"),
        ("region", "310", None),
        ("month", "2026-3", "2026-03"),
        ("month", "2026-13", None),
        ("status", "在售", "on"),
        ("status", "坏", None),
        ("hit", "排除", "dismissed"),
        ("evidence", "已封存", "sealed"),
        ("band", "50-100", "50-100"),
        ("code", "91xx", "91XX"),
    ],
)
def test_keyword_values(field: str, value: str, canonical: str | None) -> None:
    """Each is brought to the form the index holds, or refused."""
    known = field_named(field)
    assert known is not None
    assert known.canonical(value) == canonical


@given(
    st.sampled_from(("money", "count")),
    st.one_of(st.none(), st.integers(0, 10**14)),
    st.one_of(st.none(), st.integers(0, 10**14)),
)
def test_shown_bounds_are_read_back(style: Style, low: int | None, high: int | None) -> None:
    """Whatever the ends."""
    if low is not None or high is not None:
        assert read_bounds(style, show_bounds(style, low, high)) == (low, high)


@pytest.mark.parametrize(
    ("style", "text", "bounds"),
    [
        ("money", "1.5", (150, 150)),
        ("money", "=2元", (200, 200)),
        ("money", "0.001", None),
        ("money", "1.2万..", (1_200_000, None)),
        ("count", "1.5", None),
        ("count", "<5", (None, 4)),
        ("count", "<=5", (None, 5)),
        ("count", "1...2", None),
        ("count", "99999999999999999999", None),
        ("date", "2024-02", (738_917, 738_945)),
        ("date", "2024", (738_886, 739_251)),
        ("date", "24-1-1", None),
        ("count", ">x", None),
    ],
)
def test_bounds(style: Style, text: str, bounds: Bounds | None) -> None:
    """Amounts, counts and days; what is none of them gives None."""
    assert read_bounds(style, text) == bounds
