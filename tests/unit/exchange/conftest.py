"""Records for tests that need several installations: migrated once, then copied; two of them on one line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from exchange import effect
from kernel.db import Database
from tests.e2e.seeded_market import Seeded, seed
from tests.servers.empty_records import open_records
from tests.servers.exchanging import Line, Node, pair

Pair = tuple[Node, Node, Line]
NewRecords = Callable[[str], Database]


@pytest.fixture
def new_records(tmp_path: Path) -> Iterator[NewRecords]:
    """Makes records of an installation by its name; closed at the end."""
    opened = []

    def make(name: str) -> Database:
        opened.append(open_records(tmp_path / f"{name}.db"))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def desk(new_records: NewRecords) -> Iterator[tuple[Session, Seeded]]:
    """A write session over a seeded market."""
    with new_records("desk").write() as session:
        yield session, seed(session, listings_a_shop=3)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    """A bureau, the national authority, and the line between them."""
    with pair(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers of one test are not those of the next."""
    monkeypatch.setattr(effect, "_HANDLERS", {})
