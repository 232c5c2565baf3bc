"""The national peer: a whole second installation that takes what the product sends."""

import json
from pathlib import Path

from sqlalchemy import select

from exchange.outbox import post
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Delivery, Message
from pipeline.exchange_node import enter_cards, open_gateway, open_relay, own_card
from simulators.national.stand_in import stand_in
from tests.servers.exchanging import lead


def _started(config: Settings, folder: Path, database: Database, **options: str) -> tuple[object, Settings]:
    gateway = open_gateway(config, database)
    card = folder / "own.json"
    card.write_text(json.dumps(own_card(config, gateway.keys, now())), "utf-8")
    peer = stand_in({"dir": str(folder / "national"), "card": str(card), **options}, now())
    told = peer.start()
    cards = folder / "cards"
    cards.mkdir()
    (cards / "000000.json").write_text(json.dumps(told["card"]), "utf-8")
    return peer, config.model_copy(update={"exchange_cards_dir": str(cards), "exchange_retry_after_s": (0.01,)})


def test_what_is_sent_comes_back_with_receipts(config: Settings, database: Database, tmp_path: Path) -> None:
    """Over HTTP, signed by its own keys."""
    peer, config = _started(config, tmp_path, database)
    gateway = open_gateway(config, database)
    enter_cards(config, database, gateway, at=now())
    with database.write() as session:
        post(session, lead(1), at=now())
    assert open_relay(config, gateway).turn(at=now()) == 1
    with database.read() as session:
        assert session.execute(select(Message.state)).scalar() == "processed"
    peer.close()  # type: ignore[attr-defined]


def test_a_bad_line_only_takes_longer(config: Settings, database: Database, tmp_path: Path) -> None:
    """Every call may be spoiled; in the end all is there."""
    peer, config = _started(config, tmp_path, database, faults="0.6")
    gateway = open_gateway(config, database)
    enter_cards(config, database, gateway, at=now())
    with database.write() as session:
        for number in range(20):
            post(session, lead(number), at=now())
    relay = open_relay(config.model_copy(update={"exchange_batch": 4}), gateway)
    for _ in range(300):
        relay.turn(at=now())
        with database.read() as session:
            if set(session.execute(select(Delivery.state)).scalars()) == {"done"}:
                break
    else:
        raise AssertionError("expected all messages to arrive")
    peer.close()  # type: ignore[attr-defined]
