"""Numbers of records; how requests are refused is in test_pages.py."""

import pytest
from pydantic import TypeAdapter, ValidationError

from api.row_number import RowNumber


def test_only_what_fits_the_column_is_taken() -> None:
    """To the last number on both sides."""
    numbers: TypeAdapter[int] = TypeAdapter(RowNumber)
    assert numbers.validate_python(str(2**31 - 1)) == 2**31 - 1
    for wrong in (2**31, -(2**31) - 1, "x"):
        with pytest.raises(ValidationError):
            numbers.validate_python(wrong)
