"""Names asked twice are answered from memory."""

import re

from crawlers.reading.marks import says

PRICE = re.compile("price")


def test_answers_are_kept() -> None:
    """The same question is searched once."""
    says.cache_clear()
    assert says(PRICE, "now price")
    assert says(PRICE, "now price")
    assert not says(PRICE, "now")
    assert (says.cache_info().hits, says.cache_info().misses) == (1, 2)
