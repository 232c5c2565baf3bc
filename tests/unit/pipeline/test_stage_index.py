"""The index stage."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from kernel.config import Settings
from kernel.db import Database
from kernel.models import Listing, OutboxEntry, Shop
from pipeline import stage_index
from pipeline.stage_index import drain_all
from pipeline.wiring import open_engine
from search.engine import Engine
from search.errors import SearchUnavailableError
from search.indexer import DrainResult

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def waiting(database: Database) -> Database:
    """Five listings wait for the index."""
    with database.write() as session:
        shop = Shop(url="http://a.example.test/", host="a.example.test", created_at=AT)
        session.add(shop)
        session.flush()
        for number in range(5):
            url = f"{shop.url}{number}"
            listing = Listing(
                shop_id=shop.id, url=url, url_key=str(number), first_seen_at=AT, last_seen_at=AT, updated_at=AT
            )
            session.add(listing)
            session.flush()
            session.add(OutboxEntry(object_id=listing.id, created_at=AT))
    return database


def _left(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(OutboxEntry)).scalar_one()


def test_all_that_waits_is_indexed(waiting: Database, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it is more than one batch; a second call finds nothing."""
    monkeypatch.setattr(stage_index, "BATCH", 2)
    engine = open_engine(config)
    try:
        assert drain_all(waiting, engine) == 5
        assert drain_all(waiting, engine) == 0
        assert engine.health().documents == 5
    finally:
        engine.close()
    assert _left(waiting) == 0


def test_an_engine_that_is_away_loses_nothing(
    waiting: Database, config: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The rows wait, and the log says why."""

    def away(database: Database, engine: Engine, *, limit: int, at: datetime) -> DrainResult:
        raise SearchUnavailableError("expected the engine, got nothing")

    monkeypatch.setattr(stage_index, "drain", away)
    engine = open_engine(config)
    try:
        assert drain_all(waiting, engine) == 0
    finally:
        engine.close()
    assert _left(waiting) == 5
    assert "search.unavailable" in caplog.text
