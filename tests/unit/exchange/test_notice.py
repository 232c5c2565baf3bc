"""Notices: told once, read by somebody, done when the matter is."""

from datetime import UTC, datetime, timedelta

from exchange import notice
from kernel.db import Database

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)


def test_the_same_matter_is_told_once(database: Database) -> None:
    """However often a duty finds it."""
    with database.write() as session:
        first = notice.tell(session, key="k", owner="310115", kind="x", title="事 matter", at=AT)
        assert notice.tell(session, key="k", owner="310115", kind="x", title="other", at=AT).id == first.id
        assert first.title == "事 matter"


def test_reading_is_noted_once(database: Database) -> None:
    """The first reader stays."""
    with database.write() as session:
        row = notice.tell(session, key="k", owner="310115", kind="x", title="t", at=AT)
        notice.read(session, row.id, by="a", at=AT)
        notice.read(session, row.id, by="b", at=AT + timedelta(hours=1))
        assert (row.read_by, row.read_at) == ("a", AT)
        assert notice.read(session, 99, by="a", at=AT) is None


def test_done_ends_what_is_open(database: Database) -> None:
    """And nothing twice; deadlines count only while it is open."""
    with database.write() as session:
        row = notice.tell(session, key="k", owner="o", kind="x", title="t", at=AT, due_at=AT + timedelta(days=1))
        assert notice.is_soon(row, AT)
        assert not notice.is_late(row, AT)
        assert notice.is_late(row, AT + timedelta(days=2))
        assert notice.done(session, ["k", "unknown"], at=AT) == 1
        assert notice.done(session, ["k"], at=AT) == 0
        assert not notice.is_late(row, AT + timedelta(days=2))
        assert not notice.is_soon(row, AT)
