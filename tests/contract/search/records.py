"""Listings in a database, with outbox rows, for tests of the indexer."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from kernel.db import Database
from kernel.models import Listing, OutboxEntry, Shop
from tests.servers.empty_records import open_records

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def open_database(folder: Path, count: int) -> Database:
    """A SQLite database with one shop and ``count`` listings, all in the outbox."""
    database = open_records(folder / "records.db")
    with database.write() as session:
        session.add(
            Shop(
                id=1,
                url="https://shop.example.test/",
                host="shop.example.test",
                name="青禾专营店",
                region="310104",
                created_at=AT,
            )
        )
    with database.write() as session:
        session.add_all(
            Listing(
                id=number,
                shop_id=1,
                url=f"https://shop.example.test/{number}",
                url_key=f"{number:032}",
                title=f"青禾保温杯 {number}号",
                price_fen=number,
                first_seen_at=AT,
                last_seen_at=AT,
                updated_at=AT,
            )
            for number in range(1, count + 1)
        )
        session.add_all(OutboxEntry(object_id=number, created_at=AT) for number in range(1, count + 1))
    return database


def retitle(database: Database, number: int, title: str) -> None:
    """Change a listing and tell the outbox, in one transaction."""
    with database.write() as session:
        listing = session.get_one(Listing, number)
        listing.title = title
        session.add(OutboxEntry(object_id=number, created_at=AT))


def remove(database: Database, number: int) -> None:
    """Delete a listing and tell the outbox, in one transaction."""
    with database.write() as session:
        session.delete(session.get_one(Listing, number))
        session.add(OutboxEntry(object_id=number, created_at=AT))


def waiting(database: Database) -> int:
    """Rows in the outbox."""
    with database.read() as session:
        return session.scalar(select(func.count(OutboxEntry.id))) or 0
