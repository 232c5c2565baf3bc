"""Outbox rows go only after the engine has committed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kernel.db import Database
from kernel.models import Listing, OutboxEntry, Shop
from search.documents import ListingDocument
from search.embedded_engine import EmbeddedEngine
from search.errors import DocumentsRejectedError, SearchUnavailableError
from search.indexer import drain, rebuild
from tests.servers.empty_records import open_records

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Three listings, all in the outbox, and one row of a deleted listing."""
    made = open_records(tmp_path / "records.db")
    with made.write() as session:
        session.add(Shop(id=1, url="https://s.example.test/", host="s.example.test", created_at=AT))
        session.flush()
        times = {"first_seen_at": AT, "last_seen_at": AT, "updated_at": AT}
        session.add_all(
            Listing(id=n, shop_id=1, url=f"u{n}", url_key=str(n), title=f"第{n}", **times) for n in (1, 2, 3)
        )
        session.add_all(OutboxEntry(object_id=n, created_at=AT + timedelta(seconds=n)) for n in (1, 2, 3, 99))
    yield made
    made.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    """An empty engine."""
    made = EmbeddedEngine(tmp_path / "index")
    yield made
    made.close()


class CommitFails(EmbeddedEngine):
    """An engine whose commit fails."""

    def commit(self) -> None:
        """Fail, with everything undone."""
        self.close()
        raise SearchUnavailableError("expected room on the disk, got none")


class Picky(EmbeddedEngine):
    """An engine that refuses listing 2."""

    def index(self, documents: Sequence[ListingDocument]) -> None:
        """Take the others."""
        super().index([document for document in documents if document.id != 2])
        if any(document.id == 2 for document in documents):
            raise DocumentsRejectedError([(2, "no")])


def _rows(database: Database) -> list[tuple[str, int]]:
    with database.read() as session:
        return [(row.topic, row.object_id) for row in session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))]


def test_oldest_first_with_what_remains(database: Database, engine: EmbeddedEngine) -> None:
    """The lag is the age of the oldest row left."""
    first = drain(database, engine, limit=2, at=AT + timedelta(seconds=63))
    assert (first.taken, first.indexed, first.remaining, first.lag_s) == (2, 2, 2, 60.0)
    second = drain(database, engine, at=AT)
    assert (second.taken, second.indexed, second.deleted, second.remaining, second.lag_s) == (2, 1, 1, 0, 0.0)
    assert engine.count() == 3
    assert drain(database, engine, at=AT).taken == 0


def test_rows_stay_when_the_commit_fails(database: Database, tmp_path: Path, engine: EmbeddedEngine) -> None:
    """And are written when it works again."""
    with pytest.raises(SearchUnavailableError):
        drain(database, CommitFails(tmp_path / "index"), at=AT)
    assert len(_rows(database)) == 4
    assert drain(database, engine, at=AT).indexed == 3


def test_a_refused_document_keeps_its_row_and_stops_no_other(database: Database, tmp_path: Path) -> None:
    """Also when it came through its shop."""
    with database.write() as session:
        session.add(OutboxEntry(topic="shop", object_id=1, created_at=AT))
    picky = Picky(tmp_path / "picky")
    result = drain(database, picky, at=AT)
    assert result.rejected == ((2, "no"),)
    assert _rows(database) == [("listing", 2)]
    with database.write() as session:
        session.query(OutboxEntry).delete()
        session.add(OutboxEntry(topic="shop", object_id=1, created_at=AT))
    drain(database, picky, at=AT)
    assert _rows(database) == [("listing", 2)]
    picky.close()


def test_rows_of_other_topics_are_left_alone(database: Database, engine: EmbeddedEngine) -> None:
    """They are for somebody else."""
    with database.write() as session:
        session.add(OutboxEntry(topic="evidence", object_id=1, created_at=AT))
    drain(database, engine, at=AT)
    assert _rows(database) == [("evidence", 1)]


def test_a_rebuild_reports_progress(database: Database, engine: EmbeddedEngine) -> None:
    """And needs no outbox."""
    seen: list[tuple[int, int]] = []
    result = rebuild(database, engine, progress=lambda done, total: seen.append((done, total)), batch=2)
    assert (result.fed, result.removed, seen) == (3, 0, [(2, 3), (3, 3)])
    assert engine.count() == 3
