"""Asking the names an author gave to elements: the same few names come again and again, so answers are kept."""

import re
from functools import lru_cache


@lru_cache(maxsize=32_768)
def says(pattern: re.Pattern[str], mark: str) -> bool:
    """Whether a pattern is found in an element's class and id.

    Args:
        pattern: compiled pattern.
        mark: ``Element.mark``.
    """
    return pattern.search(mark) is not None
