"""The linked systems on both databases: taken once, whoever takes it and how often; written back once."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from exchange.connectors import post, pulling, state
from exchange.connectors.linked import Connector
from exchange.connectors.roster import MAKERS
from exchange.connectors.source import Source, open_client
from kernel import audit
from kernel.db import Database
from kernel.models import LinkedFault, LinkedPost, LinkedRecord, Subject
from simulators.linked.faults import Faults
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import SYSTEMS, books
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
EXTRA = 70
"""More rows than one part of a page holds."""


class Clock:
    """Stands until it is moved."""

    at = AT

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    """A clock at ``AT``."""
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[LinkedServer]:
    """The stand-ins."""
    server = LinkedServer(books(Ports(), at=AT, extra=EXTRA), clock=clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.close()
    thread.join()


@pytest.fixture
def linked(server: LinkedServer) -> Iterator[dict[str, Connector]]:
    """Every system, by name."""
    with open_client(5.0) as client:
        yield {
            system: make(Source(system, server.url(system), TOKEN, client, sleep=lambda _: None))
            for system, make in MAKERS.items()
        }


def _kept(database: Database, system: str) -> dict[str, int]:
    with database.read() as session:
        query = select(LinkedRecord.key, LinkedRecord.version).where(
            LinkedRecord.system == system, LinkedRecord.deleted_at.is_(None)
        )
        rows = [(str(key), int(version)) for key, version in session.execute(query)]
    assert len(rows) == len(dict(rows))
    return dict(rows)


def _published(server: LinkedServer, system: str) -> dict[str, int]:
    return {entry.key: entry.version for entry in server.books[system].entries() if not entry.deleted}


@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_once(
    any_database: Database, server: LinkedServer, linked: dict[str, Connector], clock: Clock, system: str
) -> None:
    """All that is published, then what changed and what was taken back; again, and nothing changes."""
    pulling.pull(any_database, linked[system], clock=clock)
    assert _kept(any_database, system) == _published(server, system)
    book = server.books[system]
    entries = book.entries()
    clock.at += timedelta(minutes=1)
    book.put(entries[0].key, dict(entries[0].fields), clock.at)
    book.take_back(entries[1].key, clock.at)
    tally = pulling.pull(any_database, linked[system], clock=clock)
    assert (tally["changed"], tally["gone"]) == (1, 1)
    assert _kept(any_database, system) == _published(server, system)
    again = pulling.pull(any_database, linked[system], clock=clock)
    assert not {word for word, number in again.items() if number} - {"same", "stale"}
    with any_database.read() as session:
        assert audit.verify(session).ok
        assert state.read(session, system).watermark_at is not None
        subjects = session.execute(select(func.count(Subject.id))).scalar_one()
    assert bool(subjects) == (system == "registration")


def test_two_at_once_take_it_once(
    any_database: Database, server: LinkedServer, linked: dict[str, Connector], clock: Clock
) -> None:
    """Two processes may be at the same system for a moment; each version is there once, each subject once."""
    other = Database(any_database.url)

    def pull(database: Database) -> Counter[str]:
        return pulling.turn(database, linked["registration"], clock=clock)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(pull, (any_database, other)))
    other.close()
    pull(any_database)
    assert _kept(any_database, "registration") == _published(server, "registration")
    with any_database.read() as session:
        codes = Counter(session.execute(select(Subject.code)).scalars())
    assert set(codes.values()) == {1}


def test_under_faults_both_sides_agree_in_the_end(
    any_database: Database, server: LinkedServer, linked: dict[str, Connector], clock: Clock
) -> None:
    """Delays, losses, repeats, disorder, errors, other editions and wrong rows: all told, none believed."""
    server.set_faults(Faults.all_on(0.3, seed=5))
    for _ in range(6):
        pulling.turn(any_database, linked["penalty"], clock=clock)
        clock.at += timedelta(minutes=3)
    server.set_faults(Faults())
    for _ in range(20):
        clock.at += timedelta(minutes=3)
        pulling.turn(any_database, linked["penalty"], clock=clock)
        pulling.compare_keys(any_database, linked["penalty"], clock=clock, due=True)
        if _kept(any_database, "penalty") == _published(server, "penalty"):
            break
    assert _kept(any_database, "penalty") == _published(server, "penalty")
    with any_database.read() as session:
        waiting = select(func.count(LinkedFault.id)).where(LinkedFault.closed_at.is_(None))
        assert session.execute(waiting).scalar_one() == 0


def test_what_is_written_back_is_stored_once(
    any_database: Database, server: LinkedServer, linked: dict[str, Connector], clock: Clock
) -> None:
    """The same cause is minted once, two who deliver at once lead to one letter, a lost receipt to the first one."""
    other = Database(any_database.url)
    for _ in range(2):
        with any_database.write() as session:
            for number in range(5):
                post.mint(session, "credit", post.Sending("risk-hint", f"hit:{number}", {}), actor="li", at=clock.at)
    assert post.next_due(any_database) == {"credit": clock.at}

    def deliver(database: Database) -> int:
        return post.deliver(database, "credit", linked["credit"].online(), clock=clock)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(deliver, (any_database, other)))
    other.close()
    with any_database.read() as session:
        rows = session.execute(select(LinkedPost)).scalars().all()
        session.expunge_all()
    assert len(rows) == len(server.books["credit"].posts) == 5
    assert {row.state for row in rows} == {"sent"}
    assert post.next_due(any_database) == {}


def test_a_roll_back_writes_nothing_back(any_database: Database, clock: Clock) -> None:
    """What was minted goes with what caused it."""
    with any_database.write() as session:
        post.mint(session, "credit", post.Sending("risk-hint", "hit:1", {}), actor="li", at=clock.at)
        session.rollback()
    assert post.next_due(any_database) == {}
