"""Messages of the exchange in sealed packages: out, across, in, and the receipts back, with real keys."""

import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence import officer
from exchange.offline.carried import mark_packed
from exchange.offline.dispatch import (
    MESSAGES,
    accept_through,
    hands_of,
    take_sheets,
    write_waiting,
)
from exchange.offline.errors import ReplayError, SignatureError
from exchange.offline.incoming import Door, Outcome, open_package
from exchange.offline.outgoing import Load, carry_out, prepare, release, take_receipt
from exchange.sealing import seal_waiting
from kernel.models import Delivery, Message, Receipt
from tests.servers.exchanging import AT, Line, Node, introduce, lead, make_node, pair


def _officers(node: Node) -> None:
    with node.database.write() as session:
        for number, account in enumerate(("li", "wang")):
            officer.add(
                session, name=account, number=f"沪A{number:04d}", unit="测试所", account=account,
                valid_from=AT - timedelta(days=1), valid_to=AT + timedelta(days=900), actor="system:cli", at=AT,
            )  # fmt: skip


def _pack(node: Node, peer: str, folder: Path) -> Path:
    """Everything that waits, released by two, on a medium."""
    seal_waiting(node.database, node.keys, node.gateway.ours, at=node.at)
    listed = folder / "listed"
    with node.database.read() as session:
        count, rows = write_waiting(session, peer, listed)
    hand = hands_of(node.gateway, at=node.at)(peer)
    assert hand is not None
    load = Load([(MESSAGES, listed)], "移送", count)
    row = prepare(node.database, hand, folder / "outgoing", load, actor="system:cli", at=node.at)
    with node.database.write() as session:
        mark_packed(session, rows, row.id, at=node.at)
        for account in ("li", "wang"):
            release(session, row.id, account=account, at=node.at)
        carry_out(session, row.id, folder / row.id, actor="li", at=node.at)
    return folder / row.id


def _open(node: Node, medium: Path, folder: Path) -> Outcome:
    door = Door(hands_of(node.gateway, at=node.at), accept_through(node.gateway), folder / "in", folder / "receipts")
    return open_package(node.database, door, medium, actor="zhao", at=node.at)


def _bring_back(node: Node, receipt: Path) -> str:
    taker = partial(take_sheets, node.gateway)
    return take_receipt(node.database, hands_of(node.gateway, at=node.at), receipt, taker, actor="li", at=node.at).state


@pytest.mark.parametrize("suite", ["ed25519-sha256", "es256-sha256", "sm2-sm3"])
def test_across_and_back(tmp_path: Path, suite: str) -> None:
    """Every message has its effect once and its receipts come home with the package."""
    with pair(tmp_path, suites=(suite,)) as (city, national, _):
        _officers(city)
        city.post(*(lead(number) for number in range(450)))
        medium = _pack(city, "000000", tmp_path)
        assert b"lead-1" not in b"".join(path.read_bytes() for path in medium.glob("*.bin"))
        outcome = _open(national, medium, tmp_path)
        assert [row.seq for row in national.rows(Message)] == list(range(1, 451))
        assert {row.state for row in national.rows(Message)} == {"processed"}
        assert outcome.receipt is not None
        assert _bring_back(city, outcome.receipt) == "receipted"
        assert {row.state for row in city.rows(Message)} == {"processed"}
        assert {row.state for row in city.rows(Delivery)} == {"done"}
        with pytest.raises(ReplayError):
            _open(national, medium, tmp_path)


def test_messages_without_a_receipt_go_again_and_have_one_effect(tmp_path: Path) -> None:
    """The receipt was lost on its way: the next package carries them once more."""
    with pair(tmp_path) as (city, national, _):
        _officers(city)
        city.post(lead(1))
        _open(national, _pack(city, "000000", tmp_path), tmp_path)
        city.post(lead(2))
        second = _open(national, _pack(city, "000000", tmp_path), tmp_path)
        assert [row.seq for row in national.rows(Message)] == [1, 2]
        assert second.receipt is not None
        _bring_back(city, second.receipt)
        assert {row.state for row in city.rows(Message)} == {"processed"}
        kinds = [row.kind for row in city.rows(Receipt, direction="taken")]
        assert kinds.count("PROCESSED") == 2


def test_lines_that_are_no_messages_are_refused_singly(tmp_path: Path) -> None:
    """A known sender packs rubbish beside a message: the message is taken, the rubbish named in no record."""
    with pair(tmp_path) as (city, national, _):
        _officers(city)
        city.post(lead(1))
        seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at)
        listed = tmp_path / "listed"
        with city.database.read() as session:
            write_waiting(session, "000000", listed)
        listed.write_bytes(b"5\n{}\n" + listed.read_bytes())
        hand = hands_of(city.gateway, at=city.at)("000000")
        assert hand is not None
        row = prepare(
            city.database, hand, tmp_path / "outgoing", Load([(MESSAGES, listed)], "p", 3), actor="x", at=city.at
        )
        outcome = _open(national, Path(row.folder), tmp_path)
        assert outcome.state == "accepted"
        assert len(national.rows(Message)) == 1


def test_strangers_and_oneself_have_no_hand(tmp_path: Path) -> None:
    """A package of an unknown sender is not opened."""
    line = Line()
    with pair(tmp_path / "a") as (city, _, _):
        stranger = make_node("440000", tmp_path / "b", line)
        introduce(stranger, city)
        _officers(stranger)
        stranger.post(lead(1, receiver="310000"))
        medium = _pack(stranger, "310000", tmp_path / "b")
        with pytest.raises(SignatureError):
            _open(city, medium, tmp_path / "a")
        hands = hands_of(city.gateway, at=city.at)
        assert hands("310000") is None
        assert hands("440000") is None
        with city.database.read() as session:
            assert session.execute(select(Message)).first() is None
        stranger.database.close()
    shutil.rmtree(tmp_path / "b")
