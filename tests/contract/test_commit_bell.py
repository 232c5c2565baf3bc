"""The bell of commits, on SQLite and on PostgreSQL: who waits wakes when another process or thread has committed."""

from threading import Event, Thread

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.clock import monotonic
from kernel.commit_bell import CommitBell, ring
from kernel.db import Database

CHANNEL = "wangjian_test_bell"
LONG = 60.0


def _commit(database: Database) -> None:
    with database.write() as session:
        _post(session)


def _post(session: Session) -> None:
    session.execute(text("CREATE TABLE IF NOT EXISTS bell_rung (number INTEGER)"))
    session.execute(text("INSERT INTO bell_rung VALUES (1)"))
    ring(session, CHANNEL)


def test_a_commit_rings_whoever_waits(any_database: Database) -> None:
    """Long before the patience ends."""
    with CommitBell(any_database, CHANNEL) as bell:
        begun = monotonic()
        other = Thread(target=_commit, args=(any_database,))
        other.start()
        assert bell.wait(LONG, Event())
        other.join()
        assert monotonic() - begun < LONG / 2


def test_a_commit_between_two_waits_rings_at_once(any_database: Database) -> None:
    """And only once."""
    with CommitBell(any_database, CHANNEL) as bell:
        _commit(any_database)
        assert bell.wait(LONG, Event())
        assert not bell.wait(0.01, Event())


def test_a_roll_back_rings_nothing(any_database: Database) -> None:
    """Nothing was posted."""
    with CommitBell(any_database, CHANNEL) as bell:
        with any_database.write() as session:
            _post(session)
            session.rollback()
        assert not bell.wait(0.3, Event())


def test_a_stop_ends_the_wait(any_database: Database) -> None:
    """At once, or when the patience with the server is over."""
    stop = Event()
    with CommitBell(any_database, CHANNEL) as bell:
        other = Thread(target=stop.set)
        other.start()
        begun = monotonic()
        assert not bell.wait(LONG, stop)
        other.join()
        assert monotonic() - begun < LONG / 2
