"""Many things in small groups: a statement takes so many parameters, a transaction so many rows."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Items in their order, in groups of ``size``; the last group may be smaller, and none is empty.

    Args:
        size: at least 1.
    """
    rest = iter(items)
    while group := tuple(islice(rest, size)):
        yield group
