"""One thing by its number, or the same answer for none and for hidden."""

import pytest

from api.errors import NotFoundError
from api.queries.presence import require


def test_what_is_there_is_given() -> None:
    """Also when it is nothing to speak of."""
    assert require(0, "a number") == 0


def test_what_is_not_there() -> None:
    """The error says what was looked for, and where to open it from."""
    with pytest.raises(NotFoundError, match="expected a shop with this number, got none") as raised:
        require(None, "a shop", "店铺列表")
    assert raised.value.hint == "从店铺列表重新打开。"
    with pytest.raises(NotFoundError):
        require(None, "a shop")
