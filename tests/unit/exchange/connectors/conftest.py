"""A stand-in of the linked systems, a connector to it, and a clock that is moved by hand."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from exchange.connectors.linked import Connector
from exchange.connectors.roster import MAKERS
from exchange.connectors.source import Source, open_client
from kernel.db import Database
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import books
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = AT

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self.at

    def pass_by(self, **span: float) -> datetime:
        """Move it on."""
        self.at += timedelta(**span)
        return self.at


@pytest.fixture
def clock() -> Clock:
    """A clock at ``AT``."""
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[LinkedServer]:
    """The stand-ins, on a free port, without faults."""
    server = LinkedServer(books(Ports(), at=AT, extra=30), clock=clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.close()
    thread.join()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client that gives up soon."""
    with open_client(2.0) as client:
        yield client


@dataclass
class Linked:
    """Stand-ins, records and clock together."""

    server: LinkedServer
    client: httpx.Client
    database: Database
    clock: Clock

    def source(self, system: str, *, token: str = TOKEN) -> Source:
        """The HTTP side of a system; waits take no time, jitter is in the middle."""
        return Source(system, self.server.url(system), token, self.client, sleep=_no_wait, chance=lambda: 0.5)

    def connector(self, system: str = "registration") -> Connector:
        """The connector of a system."""
        return MAKERS[system](self.source(system))


def _no_wait(seconds: float) -> None:
    assert 0 < seconds <= 5


@pytest.fixture
def linked(server: LinkedServer, client: httpx.Client, database: Database, clock: Clock) -> Linked:
    """All of it."""
    return Linked(server, client, database, clock)
