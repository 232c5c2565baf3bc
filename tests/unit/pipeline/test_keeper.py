"""The standing duties."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import QueueUnavailableError
from kernel.models import Evidence, Job, Listing, OutboxEntry, Shop
from kernel.private_redis import PrivateRedis
from pipeline import keeper as keeper_module
from pipeline.keeper import Keeper


def _fill(database: Database) -> None:
    at = now()
    with database.write() as session:
        shop = Shop(url="http://a.example.test/", host="a.example.test", created_at=at, next_visit_at=at)
        session.add(shop)
        session.flush()
        listing = Listing(
            shop_id=shop.id,
            url="http://a.example.test/1",
            url_key="k",
            first_seen_at=at,
            last_seen_at=at,
            updated_at=at,
        )
        session.add(listing)
        session.flush()
        session.add(OutboxEntry(object_id=listing.id, created_at=at))
        session.add(Evidence(id="ev-1", key="k", url=listing.url, reason="order", ordered_by="me", ordered_at=at))


@pytest.mark.parametrize("visits", [True, False])
def test_a_turn_does_every_duty(database: Database, config: Settings, *, visits: bool) -> None:
    """What waits is indexed, ordered and visited; a second turn finds nothing to do."""
    _fill(database)
    keeper = Keeper(config, database, visits=visits)
    try:
        keeper.turn()
        keeper.turn()
    finally:
        keeper.close()
        PrivateRedis(config.data_dir).stop()
    with database.read() as session:
        assert session.execute(select(OutboxEntry)).first() is None
        kinds = sorted(session.execute(select(Job.kind)).scalars())
    assert kinds == (["capture", "watch"] if visits else ["capture"])


def test_a_duty_that_fails_stops_no_other(
    database: Database, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the queue gone the index is still brought up to date, and the job stays for later."""

    def gone(_config: Settings) -> None:
        raise QueueUnavailableError("expected Redis, got nothing")

    monkeypatch.setattr(keeper_module, "Queue", gone)
    monkeypatch.setattr(keeper_module, "REQUEUE_SECONDS", -timedelta(seconds=1).total_seconds())
    _fill(database)
    keeper = Keeper(config, database, visits=True)
    turns = iter((True, False))
    monkeypatch.setattr(keeper_module, "TURN_SECONDS", 0)
    try:
        keeper.run(lambda: next(turns))
    finally:
        keeper.close()
    with database.read() as session:
        assert session.execute(select(OutboxEntry)).first() is None
        assert session.execute(select(Job.state)).scalars().all() == ["queued", "queued"]
