"""An installation that crawls."""

from pathlib import Path

import pytest

from kernel.db import Database
from tests.servers.crawling import Crawling


@pytest.fixture
def crawling(database: Database, tmp_path: Path) -> Crawling:
    """A crawler with an empty database of its own."""
    return Crawling(database, tmp_path / "data")
