"""The standing duty: nothing without peers; with one, everything that is due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from exchange import batch_stamp, effect, incoming_matter, peers
from exchange.errors import PeerError
from exchange.outbox import post
from exchange.peers import PeerCard
from kernel.config import Settings
from kernel.db import Database
from kernel.models import BatchStamp, Message, Notice
from pipeline import exchange_duty
from pipeline.exchange_node import open_gateway
from tests.servers.exchanging import lead
from tests.servers.timestamps import timestamping

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def _local(config: Settings, database: Database) -> None:
    """A unit of this installation is always there; a peer makes the duty begin."""
    gateway = open_gateway(config, database)
    card = PeerCard("000000", "", "", gateway.ours, tuple(gateway.keys.cards(AT)))
    with database.write() as session:
        peers.enter(session, card, gateway.ours, actor="test", at=AT)


def test_nothing_happens_without_an_exchange(config: Settings, database: Database) -> None:
    """No keys are made either."""
    exchange_duty.turn(config, database, AT)
    assert not config.keys_path().exists()


def test_what_is_posted_is_sent_and_alarms_are_raised(config: Settings, database: Database) -> None:
    """A message for a unit here arrives; one without a way is told."""
    _local(config, database)
    with database.write() as session:
        post(session, lead(1, receiver="310115"), at=AT)
        post(session, lead(2, receiver="000000"), at=AT)
    exchange_duty.turn(config, database, AT)
    with database.read() as session:
        states = session.execute(select(Message.receiver, Message.direction, Message.state)).all()
        assert set(states) == {
            ("310115", "out", "processed"), ("310115", "in", "processed"), ("000000", "out", "dead"),
        }  # fmt: skip
        alarms = select(Notice.key).where(Notice.kind != incoming_matter.NOTICE)
        assert [key.split(":")[1] for key in session.execute(alarms).scalars()] == ["dead-letters"]


def test_failed_effects_are_tried_again(config: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the pace of the settings."""
    _local(config, database)
    monkeypatch.setattr(effect, "_HANDLERS", {})

    def broken(*_: object) -> effect.Effect:
        raise ZeroDivisionError

    effect.register("LEAD", broken)
    with database.write() as session:
        post(session, lead(1, receiver="310115"), at=AT)
    exchange_duty.turn(config, database, AT)
    effect._HANDLERS.clear()
    exchange_duty.turn(config, database, AT + timedelta(seconds=6))
    with database.read() as session:
        assert session.execute(select(Message.state).where(Message.direction == "in")).scalar() == "processed"


def test_the_log_is_timestamped(config: Settings, database: Database, tmp_path: Path) -> None:
    """By the services of the settings; without an answer it goes on without."""
    _local(config, database)
    at = datetime.now(UTC)  # noqa: TID251 - a timestamp service has a clock of its own
    with timestamping(tmp_path) as services:
        options = {name.lower(): value for name, value in services.options().items()}
        with database.write() as session:
            post(session, lead(1, receiver="310115"), at=at)
        config = Settings(data_dir=config.data_dir, **options)  # type: ignore[arg-type]
        services.fail("500")
        exchange_duty.turn(config, database, at)
        services.heal()
        exchange_duty.turn(config, database, at + timedelta(seconds=1))
    with database.read() as session:
        assert [row.count for row in session.execute(select(BatchStamp)).scalars()] == [2]
        assert batch_stamp.backlog(session) == 0


def test_a_bad_card_holds_up_nothing_else(
    config: Settings, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log."""
    (tmp_path / "x.json").write_text("{}", "utf-8")
    exchange_duty.turn(config.model_copy(update={"exchange_cards_dir": str(tmp_path)}), database, AT)
    assert PeerError.code in caplog.text
