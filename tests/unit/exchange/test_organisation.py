"""The tree of organisations is in their codes."""

import pytest

from exchange.errors import RecipientError
from exchange.organisation import ancestors, check_code, common_superior, level, name_of


@pytest.mark.parametrize(
    ("code", "rank", "above"),
    [
        ("000000", 1, ()),
        ("310000", 2, ("000000",)),
        ("310115", 3, ("310000", "000000")),
        ("31011501", 4, ("310115", "310000", "000000")),
        ("320102", 3, ("320100", "320000", "000000")),
        ("320100", 3, ("320000", "000000")),
        ("TAX-31", 0, ()),
    ],
)
def test_levels_and_those_above(code: str, rank: int, above: tuple[str, ...]) -> None:
    """总局, 市局, 分局, 所; departments stand outside."""
    assert level(code) == rank
    assert ancestors(code) == above


@pytest.mark.parametrize(
    ("left", "right", "superior"),
    [
        ("310115", "310104", "310000"),
        ("31011501", "31011502", "310115"),
        ("310115", "330106", "000000"),
        ("310115", "310000", "000000"),
        ("TAX-31", "310115", "000000"),
    ],
)
def test_who_decides_between_two(left: str, right: str, superior: str) -> None:
    """The lowest above both."""
    assert common_superior(left, right) == common_superior(right, left) == superior


def test_codes_of_another_form_are_refused() -> None:
    """Also what could be a path or a page."""
    assert check_code("310115") == "310115"
    for code in ("", "31", "3101150", "../x", "<b>", "x" * 30, "３１００００"):
        with pytest.raises(RecipientError):
            check_code(code)


def test_names_are_for_people() -> None:
    """A code without a name is its own name."""
    assert name_of("310115") == "浦东新区市场监督管理局"
    assert name_of("31011501").endswith("01所")
    assert name_of("990000") == "990000"
