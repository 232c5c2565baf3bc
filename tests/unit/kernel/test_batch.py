"""Groups of things."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.batch import batched


@given(st.lists(st.integers()), st.integers(1, 9))
def test_nothing_is_lost_and_only_the_last_group_is_small(items: list[int], size: int) -> None:
    """In order; no group is empty or too large."""
    groups = list(batched(items, size))
    assert [item for group in groups for item in group] == items
    assert all(len(group) == size for group in groups[:-1])
    assert all(0 < len(group) <= size for group in groups[-1:])
