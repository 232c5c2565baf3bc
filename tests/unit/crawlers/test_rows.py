"""Rows in bulk."""

from sqlalchemy import select

from crawlers.rows import dialect_insert, insert_numbered, insert_rows, table_of, update_rows
from kernel.clock import now
from kernel.db import Database
from kernel.models import OutboxEntry, Shop


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
