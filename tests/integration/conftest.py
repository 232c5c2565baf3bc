"""An installation that crawls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.db import Database
from tests.servers.crawling import Crawling


@pytest.fixture
def crawling(database: Database, tmp_path: Path) -> Iterator[Crawling]:
    """A crawler with an empty database of its own."""
    made = Crawling(database, tmp_path / "data")
    yield made
    made.close()
