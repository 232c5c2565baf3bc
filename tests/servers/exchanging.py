"""Installations that exchange messages in one process, over a line whose faults a test sets."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from exchange import peers
from exchange.errors import PeerError
from exchange.gateway import Gateway
from exchange.keys import NodeKeys, new_keys
from exchange.outbox import Draft, post_many
from exchange.peers import KnownPeer, PeerCard
from exchange.relay import Pace, Relay
from exchange.transport import LocalTransport
from kernel.db import Database
from tests.servers.empty_records import open_records

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
SUITES = ("ed25519-sha256",)
PACE = Pace(batch=200, retry_after_s=(1.0,), max_tries=5)


@dataclass
class Line:
    """A line to gateways by code. ``spoil`` may change a body or answer, lose it, or send it twice."""

    gateways: dict[str, Gateway] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    sent: int = 0
    before: Callable[[bytes], Sequence[bytes]] = lambda body: (body,)
    after: Callable[[bytes], bytes | None] = lambda answer: answer

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """As a transport does."""
        self.sent += 1
        if peer.code in self.down:
            raise PeerError(f"expected an answer of {peer.code}, got none")
        answers = [self.gateways[peer.code].answer(copy, at=at) for copy in self.before(body)]
        kept = self.after(answers[-1]) if answers else None
        if kept is None:
            raise PeerError("expected an answer, got none")
        return kept


@dataclass
class Node:
    """One installation."""

    org: str
    database: Database
    keys: NodeKeys
    gateway: Gateway
    relay: Relay
    at: datetime = AT

    def post(self, *drafts: Draft) -> list[str]:
        """Post in one transaction."""
        with self.database.write() as session:
            return post_many(session, drafts, at=self.at)

    def turn(self, seconds: float = 0) -> int:
        """One turn of the relay, some time later."""
        self.at += timedelta(seconds=seconds)
        return self.relay.turn(at=self.at)

    def rows(self, table: Any, **wanted: Any) -> list[Any]:
        """All rows of a table with some values."""
        with self.database.read() as session:
            return list(session.query(table).filter_by(**wanted).order_by(table.id).all())


def make_node(  # noqa: PLR0917 - what differs from one installation to another
    org: str,
    folder: Path,
    line: Line,
    suites: Sequence[str] = SUITES,
    pace: Pace = PACE,
    records: Callable[[Path], Database] = open_records,
) -> Node:
    """An installation on a line."""
    database = records(folder / f"{org}.db")
    keys = new_keys(org, tuple(suites))
    gateway = Gateway(database, keys, suites)
    line.gateways[org] = gateway
    return Node(org, database, keys, gateway, Relay(gateway, {"line": line, "local": LocalTransport(gateway)}, pace))


def introduce(one: Node, other: Node, url: str = "line://", **given: Any) -> str:
    """Let one enter the other's card."""
    card = PeerCard(other.org, "", url, tuple(other.gateway.ours), tuple(other.keys.cards(AT)))
    with one.database.write() as session:
        return peers.enter(session, card, one.gateway.ours, actor="test", at=AT, **given)


@contextmanager
def pair(
    folder: Path,
    suites: Sequence[str] = SUITES,
    pace: Pace = PACE,
    records: Callable[[Path], Database] = open_records,
) -> Iterator[tuple[Node, Node, Line]]:
    """A bureau (310000) and the national authority (000000), who know each other."""
    line = Line()
    city, national = (make_node(org, folder, line, suites, pace, records) for org in ("310000", "000000"))
    introduce(city, national)
    introduce(national, city)
    try:
        yield city, national, line
    finally:
        city.database.close()
        national.database.close()


def lead(number: int, version: int = 1, **given: Any) -> Draft:
    """A synthetic lead."""
    payload = {"title": f"线索 {number}", "description": "标价与结算价不一致", "found_at": "2026-11-25T08:00:00Z"}
    payload |= given.pop("payload", {})
    values = {"receiver": "000000", "purpose": "上报线索", "region": "310115", **given}
    return Draft("LEAD", "1.0", "UPSERT", f"lead-{number}", version, payload, **values)


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    """The same in another order."""
    found = list(items)
    random.Random(seed).shuffle(found)  # noqa: S311 - the same order in every run
    return found
