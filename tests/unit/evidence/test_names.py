"""Names in packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import names


@pytest.mark.parametrize("name", ["a", "data/x-1_2.png", "meta/a.b", "A/b/C"])
def test_safe(name: str) -> None:
    """Plain relative ASCII names."""
    assert names.is_safe(name)


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "-a", "a b", "a\n", "a\\b", "é", "c:x", "x" * 201]
)
def test_unsafe(name: str) -> None:
    """Everything that could mean something else somewhere."""
    assert not names.is_safe(name)
    with pytest.raises(ValueError, match="E111"):
        names.require_safe(name, lambda code, _: ValueError(code))


@pytest.mark.parametrize("found", [["a", "a"], ["a", "A"], ["a", "a/b"], ["x/y/z", "X/Y"]])
def test_not_distinct(found: list[str]) -> None:
    """Doubled, colliding by case, or file and folder at once."""
    with pytest.raises(ValueError, match="E112"):
        names.require_distinct(found, lambda code, _: ValueError(code))


@given(st.text(max_size=30))
def test_safe_names_stay_inside(name: str) -> None:
    """A safe name never climbs and is plain ASCII."""
    if names.is_safe(name):
        assert name.isascii()
        assert not name.startswith("/")
        assert ".." not in name.split("/")
