"""Statements that go straight to the driver of SQLite; tests/contract/test_prepared.py has both databases."""

from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError

from kernel.clock import now
from kernel.db import Database
from kernel.errors import DatabaseUnavailableError
from kernel.models import OutboxEntry, Shop
from kernel.prepared import Prepared, run_many
from kernel.rows import insert_rows, table_of

_SHOPS, _ENTRIES = table_of(Shop), table_of(OutboxEntry)
ALL = Prepared(select(_ENTRIES.c.id, _ENTRIES.c.object_id).order_by(_ENTRIES.c.id))
ADD = Prepared(
    insert(_SHOPS)
    .values({name: bindparam(f"{name}_", type_=_SHOPS.c[name].type) for name in ("url", "host", "created_at")})
    .values(dict.fromkeys(("name", "platform", "reason", "region", "status", "seller_name", "seller_code"), ""))
    .returning(_SHOPS.c.id)
)


def test_a_reader_may_stop_before_the_end(database: Database) -> None:
    """And goes on with other statements in the same transaction."""
    at = now()
    with database.write() as session:
        insert_rows(session, OutboxEntry, [{"topic": "t", "object_id": n, "created_at": at} for n in range(1_000)])
        first = next(ALL.each(session))
        assert (first.object_id, len(ALL.rows(session))) == (0, 1_000)
    assert len(ALL.alone(database)) == 1_000


def test_errors_are_those_of_every_other_statement(database: Database) -> None:
    """Whoever waits for an IntegrityError gets one, and the transaction is rolled back."""
    shop = {"url_": "http://a.example/", "host_": "a.example", "created_at_": now()}
    with pytest.raises(IntegrityError), database.write() as session:  # noqa: PT012 - the first one is undone too
        ADD.run(session, **shop)
        ADD.run(session, **shop)
    assert Prepared(select(_SHOPS.c.id)).alone(database) == []
    for rows in ([["a"]], [["a"], ["b"]]):
        with pytest.raises(OperationalError), database.write() as session:
            run_many(session, "INSERT INTO nowhere VALUES (?", rows)


def test_columns_that_the_model_fills_in_are_asked_for(database: Database) -> None:
    """A default that would be left out is an error of whoever wrote the statement."""
    lacking = Prepared(insert(_ENTRIES).values(object_id=bindparam("number", type_=_ENTRIES.c.object_id.type)))
    with pytest.raises(LookupError, match="topic"), database.write() as session:
        lacking.run(session, number=1)


def test_a_session_that_failed_is_refused(database: Database) -> None:
    """As by the usual way: what failed must be rolled back first."""
    with database.write() as session:
        ADD.run(session, url_="http://a.example/", host_="a.example", created_at_=now())
    with database.read() as session:
        assert len(ALL.rows(session)) == 0
        session.add(Shop(url="http://a.example/", host="a.example", created_at=now()))
        with pytest.raises(IntegrityError):
            session.flush()
        with pytest.raises(PendingRollbackError):
            ALL.rows(session)
        session.rollback()
        assert ALL.rows(session) == []


def test_two_transactions_of_one_session_have_their_own_connections(database: Database) -> None:
    """A connection is remembered for its transaction only."""
    with database.read() as session:
        assert ALL.rows(session) == []
        session.rollback()
        with database.write() as other:
            insert_rows(other, OutboxEntry, [{"topic": "t", "object_id": 1, "created_at": now()}])
        assert [row.object_id for row in ALL.rows(session)] == [1]


def test_a_database_that_is_gone_is_named(tmp_path: Path, database: Database) -> None:
    """Not an error of the driver."""
    lost = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(DatabaseUnavailableError):
        ALL.alone(lost)
    lost.close()
    with database.write() as session:
        assert ALL.rows(session) == []
        busy = Database(f"{database.url}?timeout=0")
        with pytest.raises(DatabaseUnavailableError), busy.write() as other:
            ALL.rows(other)
        busy.close()
