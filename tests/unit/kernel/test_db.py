"""Sessions, time columns, and what happens when the database is not there."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from kernel.clock import CHINA, now
from kernel.db import Database
from kernel.errors import ClockError, DatabaseUnavailableError
from kernel.models import OutboxEntry, Shop


def _shop(url: str, at: datetime) -> Shop:
    return Shop(url=url, host="a.example", created_at=at)


def test_times_come_back_aware_and_utc(database: Database) -> None:
    """Whatever zone goes in, UTC comes out."""
    at = datetime(2026, 1, 1, 8, tzinfo=CHINA)
    with database.write() as session:
        session.add(_shop("http://a.example/", at))
    with database.read() as session:
        stored = session.execute(select(Shop)).scalar_one()
        assert stored.created_at == at
        assert stored.created_at.utcoffset() == at.utcoffset() - at.utcoffset()  # type: ignore[operator]


def test_naive_times_are_refused(database: Database) -> None:
    """A naive time never reaches a table."""
    with pytest.raises(Exception, match="zone") as caught, database.write() as session:
        session.add(_shop("http://a.example/", datetime(2026, 1, 1)))  # noqa: DTZ001 - the point of the test
    assert isinstance(caught.value.__cause__ or caught.value, ClockError)


def test_a_failed_block_writes_nothing(database: Database) -> None:
    """An error rolls everything back."""

    def work() -> None:
        with database.write() as session:
            session.add(_shop("http://a.example/", now()))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    with database.read() as session:
        assert session.execute(select(Shop)).first() is None


def test_writers_of_one_process_follow_one_another(database: Database) -> None:
    """They wait their turn, each sees what the one before it wrote, and none waits for nothing."""
    at = now()

    def add(number: int) -> int:
        with database.write() as session:
            found = session.execute(select(func.count()).select_from(Shop)).scalar_one()
            session.add(_shop(f"http://{number}.example/", at))
        return found

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(add, range(12))) == list(range(12))


def test_a_time_that_stands_in_many_rows_is_written_in_each(database: Database) -> None:
    """One after another, changed, none, and the same again."""
    times = [now(), now() + timedelta(days=1)]
    times += [times[1], times[0], times[1]]
    with database.write() as session:
        rows = [{"topic": "t", "object_id": number, "created_at": at} for number, at in enumerate(times)]
        session.execute(insert(OutboxEntry), rows)
    with database.read() as session:
        kept = session.execute(select(OutboxEntry.created_at).order_by(OutboxEntry.object_id)).scalars()
        assert list(kept) == times


def test_a_locked_database_is_a_clear_error(tmp_path: Path) -> None:
    """A lock held by someone else ends in our error, not in a driver's."""
    database = Database(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.1")
    with database.read() as session:
        session.connection()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(DatabaseUnavailableError) as caught, database.write() as session:
            session.connection()
    finally:
        other.close()
        database.close()
    assert caught.value.code == "kernel.database_unavailable"
    assert caught.value.hint


def test_a_missing_folder_is_a_clear_error() -> None:
    """A database that cannot be opened ends in our error."""
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises(DatabaseUnavailableError), database.read() as session:
        session.connection()
