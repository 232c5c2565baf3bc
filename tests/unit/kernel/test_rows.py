"""Rows in bulk."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from kernel.clock import now
from kernel.db import Database
from kernel.errors import ClockError
from kernel.models import OutboxEntry, Shop
from kernel.rows import dialect_insert, insert_numbered, insert_rows, table_of, update_rows


def test_ids_come_in_the_order_of_the_rows(database: Database) -> None:
    """Numbered, updated by id; nothing for nothing; what is there already is left alone."""
    at = now()
    with database.write() as session:
        ids = insert_numbered(
            session, OutboxEntry, [{"topic": "listing", "object_id": n, "created_at": at} for n in range(50)]
        )
        update_rows(session, OutboxEntry, [{"id": ids[3], "object_id": 99}])
        assert insert_numbered(session, OutboxEntry, []) == []
        insert_rows(session, OutboxEntry, [])
        update_rows(session, OutboxEntry, [])
        found = session.execute(select(OutboxEntry.id, OutboxEntry.object_id).order_by(OutboxEntry.id)).all()
        assert [tuple(row) for row in found] == [(ids[n], 99 if n == 3 else n) for n in range(50)]
        for name in ("a", "b"):
            session.execute(
                dialect_insert(session, Shop),
                [{"url": "https://a.example/", "host": "a", "name": name, "created_at": at}],
            )
        assert session.execute(select(Shop.name)).scalars().all() == ["a"]
    assert table_of(Shop).name == "shop"


def test_values_are_kept_as_their_columns_say(database: Database) -> None:
    """Times in UTC, JSON and nothing, in rows that share a value and rows that do not."""
    at = datetime(2026, 11, 20, 8, tzinfo=timezone(timedelta(hours=8)))
    rows = [{"topic": "listing", "object_id": n, "created_at": at + timedelta(days=n // 2)} for n in range(4)]
    with database.write() as session:
        insert_rows(session, OutboxEntry, rows)
        found = session.execute(select(OutboxEntry.created_at).order_by(OutboxEntry.object_id)).scalars().all()
        assert found == [datetime(2026, 11, 20 + n // 2, tzinfo=UTC) for n in range(4)]
        with pytest.raises(ClockError):
            insert_rows(session, OutboxEntry, [{"topic": "a", "object_id": 1, "created_at": datetime(2026, 1, 1)}])  # noqa: DTZ001 - refused


def test_columns_left_out_have_their_defaults(database: Database) -> None:
    """What the model fills in is filled in, whichever way the rows go."""
    with database.write() as session:
        insert_rows(session, OutboxEntry, [{"object_id": 1, "created_at": now()}])
        assert session.execute(select(OutboxEntry.topic)).scalars().all() == ["listing"]
        ids = insert_numbered(session, Shop, [{"url": "https://a.example/", "host": "a", "created_at": now()}])
        update_rows(session, Shop, [{"id": ids[0], "name": "new", "last_visited_at": None}])
        assert session.execute(select(Shop.name)).scalars().all() == ["new"]
