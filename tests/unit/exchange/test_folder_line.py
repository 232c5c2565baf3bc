"""The exchange over a shared folder: the same messages, receipts and order as over a wire."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from exchange import effect, inbox
from exchange.folder_line import MAX_TRIES, box_of, turn_folders
from exchange.sealing import seal_waiting
from kernel.models import Delivery, Message, Peer
from tests.servers.exchanging import Line, Node, introduce, lead, make_node


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    """Two installations that share a folder and nothing else."""
    line = Line()
    nodes = [make_node(org, tmp_path / org, line) for org in ("310000", "000000")]
    url = f"folder:{tmp_path / 'shared'}"
    introduce(nodes[0], nodes[1], url)
    introduce(nodes[1], nodes[0], url)
    yield nodes[0], nodes[1]
    for node in nodes:
        node.database.close()


def _turn(node: Node, seconds: float = 0) -> tuple[int, int, int]:
    node.at += timedelta(seconds=seconds)
    while seal_waiting(node.database, node.keys, node.gateway.ours, at=node.at):
        pass
    return turn_folders(node.gateway, at=node.at)


def _states(node: Node) -> set[str]:
    return {row.state for row in node.rows(Message)}


def test_messages_and_receipts_both_ways(sides: tuple[Node, Node], tmp_path: Path) -> None:
    """In order, with all their receipts; at the end the folder is empty."""
    city, national = sides
    city.post(*(lead(number) for number in range(20)))
    national.post(lead(1, receiver="310000"))
    assert _turn(city) == (20, 0, 0)
    assert _turn(national) == (1, 20, 0)
    assert _turn(city) == (20, 1, 20)
    assert _turn(national) == (1, 0, 1)
    assert [row.seq for row in national.rows(Message, direction="in")] == list(range(1, 21))
    assert _states(city) == _states(national) == {"processed"}
    assert {row.state for row in city.rows(Delivery)} == {"done"}
    _turn(city)
    _turn(national)
    assert not [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]


def test_a_message_that_was_lost_in_the_folder_is_put_again(sides: tuple[Node, Node], tmp_path: Path) -> None:
    """Somebody wiped the folder: nothing is lost, nothing is done twice."""
    city, national = sides
    city.post(lead(1), lead(2))
    _turn(city)
    for path in (tmp_path / "shared").rglob("*.msg"):
        path.unlink()
    _turn(national)
    assert national.rows(Message) == []
    _turn(city, 1)
    _turn(national)
    _turn(city)
    assert _states(city) == {"processed"}


def test_a_receipt_that_was_still_out_comes_later(sides: tuple[Node, Node]) -> None:
    """The handler failed at first: stored is told at once, processed when it came true."""
    city, national = sides

    def fail(*_: object) -> inbox.Effect:
        raise RuntimeError

    inbox.register("LEAD", fail)
    city.post(lead(1))
    _turn(city)
    _turn(national)
    _turn(city)
    assert {row.state for row in city.rows(Delivery)} == {"stored"}
    effect._HANDLERS.clear()
    stream = national.rows(Message)[0].stream_id
    national.gateway.release(stream, at=national.at)
    _turn(city, 301)
    for _ in range(3):
        _turn(national)
        _turn(city, 1)
    assert {row.state for row in city.rows(Delivery)} == {"done"}


def test_rubbish_is_answered_and_harms_nobody(sides: tuple[Node, Node]) -> None:
    """Files that are no messages get an answer and go; answers that are none settle nothing."""
    city, national = sides
    box = box_of(city.gateway.book()["000000"], "310000")
    box.put(1, b"rubbish")
    box.put(2, b'{"envelope": 5}')
    assert _turn(national)[1] == 2
    assert national.rows(Message) == []
    other = box_of(national.gateway.book()["310000"], "000000")
    city.post(lead(1))
    _turn(city)
    for piece in other.messages():
        other.answer(piece, b"nonsense")
    _turn(city)
    assert _states(city) == {"sealed"}
    for _ in range(3):
        _turn(national)
        _turn(city, 1)
    assert _states(city) == {"processed"}


def test_a_refused_message_rests_for_a_while(sides: tuple[Node, Node]) -> None:
    """The other side does not take it now: the reason is kept, and it is tried later."""
    city, national = sides
    city.post(lead(1))
    _turn(city)
    with national.database.write() as session:
        session.execute(update(Peer).values(keys=[]))
    _turn(national)
    assert _turn(city)[2] == 1
    (row,) = city.rows(Delivery)
    assert (row.state, row.code, row.attempts) == ("waiting", "exchange.signature", 1)
    assert _turn(city, 1)[0] == 0
    assert _turn(city, 100)[0] == 1
    for _ in range(MAX_TRIES - 1):
        _turn(national)
        _turn(city, 5_000)
        _turn(city, 5_000)
    (row,) = city.rows(Delivery)
    assert (row.state, row.attempts) == ("dead", MAX_TRIES), "a person has to look at it now"
    assert _turn(city, 5_000)[0] == 0
