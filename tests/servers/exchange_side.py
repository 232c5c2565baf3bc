"""One side of an exchange as a process of its own, to be killed, on a line full of faults.

``python -m tests.servers.exchange_side receiver FOLDER PORT SEED`` and ``… sender FOLDER URL SEED STREAMS EACH``.
"""

import random
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange import peers
from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.gateway import Gateway
from exchange.keys import ensure_exchange_keys
from exchange.outbox import Draft, post_many
from exchange.peers import KnownPeer, PeerCard
from exchange.relay import Pace, Relay
from exchange.transport import HttpsTransport
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Message
from kernel.schema import upgrade
from simulators.national.faults import FaultyLine
from tests.servers.exchange_door import serve

SUITES = ("ed25519-sha256",)
EFFECTS = "CREATE TABLE IF NOT EXISTS effect (id INTEGER PRIMARY KEY, stream TEXT, biz_key TEXT, seq INTEGER)"
POST_BATCH = 500


def open_side(folder: Path, org: str) -> Gateway:
    """A gateway over a folder; its records and keys are made at the first time."""
    config = Settings(data_dir=folder, exchange_org=org)
    database = Database(config.sqlalchemy_url())
    upgrade(database)
    return Gateway(database, ensure_exchange_keys(config), SUITES)


def introduce(one: Gateway, other: Gateway, url: str) -> None:
    """Enter the other's card."""
    card = PeerCard(other.keys.org, "", url, SUITES, tuple(other.keys.cards(now())))
    with one.database.write() as session:
        peers.enter(session, card, SUITES, actor="test", at=now())


def _effect(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    del payload, at
    values = (envelope.stream, envelope.biz_key, envelope.seq)
    session.connection().exec_driver_sql("INSERT INTO effect (stream, biz_key, seq) VALUES (?, ?, ?)", values)
    return Effect()


def receiver(folder: Path, port: int, seed: int, share: float) -> None:
    """Serve until killed; each message leaves one line in the table ``effect``."""
    gateway = open_side(folder, "000000")
    with gateway.database.engine.begin() as connection:
        connection.exec_driver_sql(EFFECTS)
    register("LEAD", _effect)
    line = FaultyLine(lambda body: gateway.answer(body, at=now()), share, seed)
    serve(port, line.call)


class ChaosRelay(Relay):
    """A relay on whose line messages are lost, doubled and put in another order."""

    random = random.Random(1)  # noqa: S311 - faults need no secrecy
    share = 0.0

    def _due(self, session: Session, peer: KnownPeer, at: datetime, limit: int, after: int = 0) -> list[Any]:
        rows = super()._due(session, peer, at, limit, after)
        if self.random.random() >= self.share or len(rows) < 2:
            return rows
        kept = [row for row in rows if self.random.random() > 0.2] or rows
        doubled = kept + self.random.sample(kept, len(kept) // 4)
        self.random.shuffle(doubled)
        return doubled


def draft(stream: int, number: int) -> Draft:
    """Message ``number`` of a stream."""
    payload = {"title": f"线索 {number}", "description": "标价与结算价不一致 " * 8, "found_at": "2026-11-25T08:00:00Z"}
    key = f"s{stream}-{number:06}"
    return Draft("LEAD", "1.0", "UPSERT", key, 1, payload, receiver="000000", stream=f"s{stream}")


def sender(folder: Path, url: str, seed: int, streams: int, each: int, share: float) -> None:  # noqa: PLR0917 - a command
    """Post what is not posted yet, and send until everything is known to be processed."""
    del url
    gateway = open_side(folder, "310000")
    relay = ChaosRelay(gateway, {"https": HttpsTransport(timeout_s=60)}, Pace(200, (0.02, 0.05, 0.1), 1_000))
    relay.random, relay.share = random.Random(seed), share  # noqa: S311 - as above
    while True:
        with gateway.database.write() as session:
            there = session.execute(select(func.count()).select_from(Message)).scalar_one()
            numbers = range(there, min(there + POST_BATCH, streams * each))
            post_many(session, [draft(number % streams, number // streams) for number in numbers], at=now())
        relay.turn(at=now())
        with gateway.database.read() as session:
            query = select(func.count()).select_from(Message).where(Message.state == "processed")
            if session.execute(query).scalar_one() == streams * each:
                return
        time.sleep(0.005)


if __name__ == "__main__":
    kind, folder_, where, seed_, *rest = sys.argv[1:]
    if kind == "receiver":
        receiver(Path(folder_), int(where), int(seed_), float(rest[0]))
    else:
        sender(Path(folder_), where, int(seed_), int(rest[0]), int(rest[1]), float(rest[2]))
