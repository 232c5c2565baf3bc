"""The duty of subscriptions: rows become changes once, and reach who may have them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.subscribe import contract
from exchange.subscribe.catalogue import catalogue
from exchange.subscribe.contract import Wish
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Change, Shop, Subscription
from pipeline import subscription_duty
from pipeline.subscription_duty import SOURCES, collect, turn

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)


def _shop(session: Session, number: int, **given: object) -> Shop:
    values = {
        "url": f"https://s{number}.example.test/", "host": f"s{number}.example.test", "name": f"店{number}",
        "created_at": AT, "region": "310115", **given,
    }  # fmt: skip
    shop = Shop(**values)
    session.add(shop)
    session.flush()
    return shop


def _changes(database: Database) -> list[tuple[str, int, str]]:
    with database.read() as session:
        rows = session.execute(select(Change).order_by(Change.number)).scalars()
        return [(row.key, row.version, row.op) for row in rows]


def _collect(database: Database) -> int:
    return collect(database, "shop", SOURCES["shop"], at=AT)


def test_a_row_is_a_change_when_it_changed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """New, again the same, another name, gone, back again."""
    monkeypatch.setattr(subscription_duty, "BATCH", 2)
    with database.write() as session:
        for number in range(1, 6):
            _shop(session, number)
    assert _collect(database) == 5
    assert _collect(database) == 0
    with database.write() as session:
        session.get_one(Shop, 2).name = "新店"
        session.get_one(Shop, 3).region = "310101"
        session.delete(session.get_one(Shop, 4))
    assert _collect(database) == 3
    assert _changes(database)[5:] == [("2", 2, "UPSERT"), ("3", 2, "UPSERT"), ("4", 2, "VOID")]
    assert _collect(database) == 0
    with database.write() as session:
        _shop(session, 4, id=4)
    assert _collect(database) == 1
    assert _changes(database)[-1] == ("4", 3, "UPSERT")


def test_every_data_set_of_the_catalogue_has_its_rows(database: Database) -> None:
    """And the rows have no field that the catalogue does not know (the feed would refuse it)."""
    assert set(SOURCES) == set(catalogue().data_sets)
    for data_set, rows in SOURCES.items():
        assert collect(database, data_set, rows, at=AT) == 0


def test_what_is_subscribed_is_delivered(database: Database, config: Settings) -> None:
    """As a file, with the fields of the scope; without subscriptions nothing is collected."""
    with database.write() as session:
        _shop(session, 1, seller_name="上海○○(测试)有限公司")
    turn(config, database, AT)
    assert _changes(database) == []
    with database.write() as session:
        wish = Wish("TAX-310000", "shop", "税源比对", "税收征收管理法 第6条", "file", from_now=False)
        row = contract.ask(session, wish, actor="li", at=AT)
        contract.move(session, row.id, "approve", actor="wang", reason="", at=AT)
    turn(config, database, AT + timedelta(minutes=1))
    turn(config, database, AT + timedelta(minutes=2))
    (path,) = (config.data_dir / "exchange" / "subscriptions").rglob("*.json")
    (row_out,) = json.loads(path.read_bytes())["rows"]
    assert row_out["row"]["seller_name"] == "上海○○(测试)有限公司"
    assert "status" not in row_out["row"]
    with database.read() as session:
        assert session.execute(select(Subscription.delivered)).scalar_one() == 1
