"""Two installations, each with records and a process of its own: a lead goes up, is followed, and is taken back.

The receiving side is away at first and killed in between: nothing is lost and nothing happens twice.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from exchange import peers, telling
from exchange.matter_content import LEAD
from exchange.peers import read_card
from exchange.report_up import StandingRule, changed
from kernel.clock import now
from kernel.config import ROOT, Settings
from kernel.db import Database
from kernel.models import Message, Notice, Peer, Receipt, RuleHit, ToldMatter
from kernel.schema import upgrade
from pipeline import exchange_duty, matters_duty
from pipeline.exchange_node import open_gateway, own_card
from pipeline.process import free_port
from tests.e2e.seeded_market import seed
from tests.servers.matters import confirm, seal, tie

PATIENCE = 120.0
SUITES = ("ed25519-sha256",)


def _settings(folder: Path, org: str, port: int) -> Settings:
    return Settings(
        data_dir=folder, exchange_org=org, web_port=port, exchange_suites=SUITES, exchange_retry_after_s=(0.01,),
        exchange_max_tries=100,
    )  # fmt: skip


def _records(config: Settings) -> Database:
    database = Database(config.sqlalchemy_url())
    upgrade(database)
    return database


@contextmanager
def _served(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The national side as a process."""
    command = [sys.executable, "-m", "tests.servers.matter_side", str(folder), str(port), "000000"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        _until(lambda: _answers(port))
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _until(is_so: object, step: object = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline
        if step is not None:
            step()  # type: ignore[operator]
        time.sleep(0.05)


def _introduce(one: Settings, database: Database, other: Settings, other_database: Database) -> None:
    gateway, theirs = open_gateway(one, database), open_gateway(other, other_database)
    with database.write() as session:
        card = read_card(own_card(other, theirs.keys, now()))
        peers.enter(session, card, gateway.ours, actor="test", at=now())


def _turn(config: Settings, database: Database) -> None:
    matters_duty.turn(config, database, now())
    exchange_duty.turn(config, database, now())


def _all_done(database: Database) -> bool:
    with database.read() as session:
        states = set(session.execute(select(Message.state).where(Message.direction == "out")).scalars())
    return states == {"processed"}


def _check_there(database: Database, shop_id: int) -> None:
    with database.read() as session:
        rows = {row.kind: row for row in session.execute(select(ToldMatter)).scalars()}
        told = session.execute(select(Notice).where(Notice.kind == "matter").order_by(Notice.id)).scalars().all()
    assert (rows[LEAD].version, rows[LEAD].state, rows[LEAD].other) == (3, "void", "310000")
    assert rows[LEAD].shop_id == shop_id, "the same address is watched there"
    assert rows["EVIDENCE_META"].content["completeness"] == "COMPLETE"
    assert [one.done_at is None for one in told] == [False, False, True]


def test_a_lead_goes_up_follows_its_row_and_is_taken_back(tmp_path: Path) -> None:
    """Reported with the decision; evidence sealed later; dismissed while the other side is dead."""
    port = free_port()
    city, national = _settings(tmp_path / "city", "310000", 1), _settings(tmp_path / "national", "000000", port)
    here, there = _records(city), _records(national)
    _introduce(city, here, national, there)
    _introduce(national, there, city, here)
    with here.write() as session:
        seeded = seed(session, listings_a_shop=3)
        tie(session, seeded.shops[0])
    with there.write() as session:
        seed(session, listings_a_shop=3)
    rule, number = StandingRule("310000", ("LEAD",)), seeded.hits[0]
    with here.write() as session:
        confirm(session, seeded)
        assert len(changed(session, rule, LEAD, number, at=now())) == 1

    _turn(city, here)
    with here.read() as session:
        assert session.execute(select(Peer.failures)).scalar_one() >= 1, "nobody is there yet"
    with _served(tmp_path / "national", port):
        _until(lambda: _all_done(here), lambda: _turn(city, here))
        with here.write() as session:
            seal(session, seeded.rule_evidence, now() + timedelta(seconds=1))
        _turn(city, here)
        _until(lambda: _all_done(here), lambda: _turn(city, here))
    with here.write() as session:
        session.get_one(RuleHit, number).state = "dismissed"
        session.flush()
        assert len(changed(session, rule, LEAD, number, at=now())) == 1
    _turn(city, here)
    with _served(tmp_path / "national", port):
        _until(lambda: _all_done(here), lambda: _turn(city, here))
    _check_there(there, seeded.shops[0])
    with here.read() as session:
        lead = telling.told_to(session, LEAD, str(number))[0]
        kinds = set(
            session.execute(
                select(Receipt.kind).where(Receipt.message_id == lead.message_id, Receipt.direction == "taken")
            ).scalars()
        )
    assert (lead.op, lead.version) == ("VOID", 3)
    assert "PROCESSED" in kinds
    here.close()
    there.close()
