"""One byte range of a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.byte_range import Range, read_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Range(0, 100, 100, partial=False)),
        ("bytes=0-9", Range(0, 10, 100, partial=True)),
        ("bytes=90-", Range(90, 10, 100, partial=True)),
        ("bytes=-5", Range(95, 5, 100, partial=True)),
        ("bytes=-500", Range(0, 100, 100, partial=True)),
        ("bytes=50-500", Range(50, 50, 100, partial=True)),
        ("bytes=0-1,5-6", Range(0, 100, 100, partial=False)),
        ("items=0-1", Range(0, 100, 100, partial=False)),
        ("bytes=-", Range(0, 100, 100, partial=False)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-3", None),
    ],
)
def test_ranges_of_rfc_9110(header: str, expected: Range | None) -> None:
    """The examples of the standard and the edges."""
    assert read_range(header, 100) == expected


@given(st.text(max_size=30), st.integers(min_value=0, max_value=10**9))
def test_a_range_lies_within_the_file(header: str, total: int) -> None:
    """Whatever the header says."""
    found = read_range(f"bytes={header}", total)
    if found is not None:
        assert 0 <= found.start <= found.start + found.length <= total
