import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exchange.connectors import post
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LinkedPost, LinkedRecord, LinkedState
from pipeline import linked_duty
from pipeline.linked_duty import LinkedDuty
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import books
from simulators.market.model import Ports


@pytest.fixture
def server() -> Iterator[LinkedServer]:
    """The stand-ins."""
    server = LinkedServer(books(Ports(), at=now(), extra=5))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.close()
    thread.join()


@pytest.fixture
def linked_config(config: Settings, server: LinkedServer) -> Settings:
    """Settings that name them."""
    values = {f"linked_{name}_url": server.url(name) for name in server.books}
    tokens = {f"linked_{name}_token": TOKEN for name in server.books}
    return Settings.model_validate({"data_dir": config.data_dir, **values, **tokens})


def test_a_turn_pulls_and_sends(linked_config: Settings, database: Database, server: LinkedServer) -> None:
    """Every system is read, and what waits is sent at each turn, not only when a pull is due."""
    duty = LinkedDuty(linked_config, database)
    duty.turn(wait_s=120)
    with database.read() as session:
        number = select(func.count()).select_from(LinkedRecord)
        assert session.execute(number).scalar_one() == sum(len(one.entries()) for one in server.books.values())
    with database.write() as session:
        post.mint(session, "registration", post.Sending("web-presence", "shop:1", {}), actor="li", at=now())
    duty.turn(wait_s=120)
    with database.read() as session:
        assert session.execute(select(LinkedPost.state)).scalar_one() == "sent"
    duty.close()


def test_what_is_minted_is_sent_without_another_turn(
    linked_config: Settings, database: Database, server: LinkedServer
) -> None:
    """Its commit wakes the writer; so does the time of a retry."""
    duty = LinkedDuty(linked_config, database)
    duty.turn(wait_s=120)
    with database.write() as session:
        post.mint(session, "credit", post.Sending("risk-hint", "shop:1", {}), actor="li", at=now())
        late = post.mint(session, "penalty", post.Sending("publicity", "case:1", {}), actor="li", at=now())
        session.get_one(LinkedPost, late).next_at = now() + timedelta(seconds=1)
    for _ in range(600):
        with database.read() as session:
            states = set(session.execute(select(LinkedPost.state)).scalars())
        if states == {"sent"}:
            break
        time.sleep(0.05)
    assert states == {"sent"}
    duty.close()
    assert len(server.books["credit"].posts) == len(server.books["penalty"].posts) == 1


def test_a_system_that_is_down_is_noted(linked_config: Settings, database: Database, server: LinkedServer) -> None:
    """And raises nothing."""
    server.server_close()
    linked_duty.turn(linked_config, database, now())
    linked_duty.turn(linked_config, database, now())
    linked_duty._duties.pop(id(database)).close()
    with database.read() as session:
        codes = set(session.execute(select(LinkedState.error_code)).scalars())
    assert codes == {"exchange.linked_unavailable"}


def test_nothing_is_linked(config: Settings, database: Database) -> None:
    """Without addresses a turn does nothing."""
    duty = LinkedDuty(config, database)
    duty.turn()
    duty.close()
    with database.read() as session:
        assert not session.execute(select(LinkedState)).all()
