"""An installation that crawls; the tamper corpus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.db import Database
from tests.data.evidence.corpus_shelf import Shelf, open_shelf, shelf_folder
from tests.servers.crawling import Crawling


@pytest.fixture
def crawling(database: Database, tmp_path: Path) -> Iterator[Crawling]:
    """A crawler with an empty database of its own."""
    made = Crawling(database, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The tamper corpus as files: one for the whole run, all workers of it."""
    return open_shelf(shelf_folder(tmp_path_factory.getbasetemp()))
