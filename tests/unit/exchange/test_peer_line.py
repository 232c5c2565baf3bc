"""The calls under way to one peer."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from exchange.peer_line import Answer, PeerLine
from exchange.peers import KnownPeer

PEER = KnownPeer("000000", "", "https://n.example.test", "active", "authority", ("ed25519-sha256",), (), {}, None)


@dataclass(frozen=True)
class Row:
    """As the relay reads them."""

    message_row: int


@pytest.fixture
def line() -> Iterator[PeerLine]:
    """One call at a time, one made ready."""
    made = PeerLine(PEER, 0, 1)
    yield made
    made.close()


def held(gate: threading.Event) -> Callable[[], Answer]:
    """A call that is not answered before the gate opens."""

    def call() -> Answer:
        gate.wait(120)
        return {}

    return call


def test_one_call_more_than_the_line_takes_is_made_ready(line: PeerLine) -> None:
    """So that it is never idle; a third has to wait."""
    gate = threading.Event()
    room = [line.room]
    for rows in ([Row(1), Row(3)], [Row(4)]):
        line.begin(rows, held(gate))
        room.append(line.room)
    assert room == [2, 1, 0]
    assert (line.under_way(), line.after) == ({1, 3, 4}, 4)
    assert line.answered() == []
    gate.set()
    for future in line.futures:
        future.result(30)
    assert [[row.message_row for row in rows] for rows, _ in line.answered()] == [[1, 3], [4]]
    assert line.room == 2
    assert line.under_way() == set()


def test_a_peer_that_did_not_answer_is_tried_with_one_call() -> None:
    """Nothing is made ready before it is known to be there."""
    line, gate = PeerLine(PEER, 2, 4), threading.Event()
    line.begin([Row(1)], held(gate))
    assert line.room == 0
    gate.set()
    line.close()


def test_a_line_that_is_over_takes_nothing_more(line: PeerLine) -> None:
    """The rest waits for the next turn."""
    line.over = True
    assert line.room == 0


def test_another_pass_only_when_something_moved(line: PeerLine) -> None:
    """A turn comes to an end."""
    line.after, line.told = 9, 2
    assert line.again()
    assert (line.after, line.told) == (0, 0)
    assert not line.again()


def test_other_work_is_done_in_its_threads(line: PeerLine) -> None:
    """Receipts of one peer are asked for while another is slow."""
    names: list[str] = []
    line.submit(lambda: names.append(threading.current_thread().name)).result(30)
    assert names[0].startswith("exchange-000000")
