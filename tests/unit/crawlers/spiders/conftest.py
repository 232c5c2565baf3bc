"""A running visit in the hands of the crawl process, and answers to its claims."""

import pytest

from crawlers.address import Site
from crawlers.budget import Budget
from crawlers.spiders.visiting import Visiting


@pytest.fixture
def visiting() -> Visiting:
    """A visit to https://shop.example/ that has spent nothing."""
    home = "https://shop.example/"
    return Visiting(1, 1, home, "generic", Site.of(home), Budget(10, 1_000, 60, 3))
