"""Errors of evidence."""

from evidence import errors
from kernel.errors import WangjianError


def test_codes_are_stable_and_distinct() -> None:
    """Every error has a code of its own in this room."""
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, WangjianError)]
    codes = [error.code for error in found if error is not WangjianError]
    assert len(set(codes)) == len(codes) > 20
    assert all(code.startswith("evidence.") for code in codes)
