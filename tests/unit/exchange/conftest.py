"""Records for tests that need several installations: migrated once, then copied; two of them on one line."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exchange import effect
from kernel.db import Database
from kernel.schema import upgrade
from tests.servers.exchanging import Line, Node, pair

Pair = tuple[Node, Node, Line]
NewRecords = Callable[[str], Database]


@pytest.fixture(scope="session")
def empty_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema."""
    path = tmp_path_factory.mktemp("records") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def new_records(empty_records: Path, tmp_path: Path) -> Iterator[NewRecords]:
    """Makes records of an installation by its name; closed at the end."""
    opened = []

    def make(name: str) -> Database:
        path = tmp_path / f"{name}.db"
        shutil.copy(empty_records, path)
        opened.append(Database(f"sqlite:///{path}"))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    """A bureau, the national authority, and the line between them."""
    with pair(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers of one test are not those of the next."""
    monkeypatch.setattr(effect, "_HANDLERS", {})
