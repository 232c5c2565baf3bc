"""Alarms: told once, ended when it is over."""

from datetime import timedelta

from sqlalchemy import select

from exchange.alarm import raise_alarms
from kernel.models import Message, Notice, Peer, Stream
from tests.servers.exchanging import Line, Node, lead

Pair = tuple[Node, Node, Line]


def _open(node: Node, backlog: int = 100, minutes: float = 0) -> list[str]:
    at = node.at + timedelta(minutes=minutes)
    for _ in range(2):
        with node.database.write() as session:
            raise_alarms(session, backlog=backlog, at=at)
    return sorted(row.key.split(":")[1] for row in node.rows(Notice) if row.done_at is None)


def test_timestamps_that_lag_are_told_at_seven_tenths(two: Pair) -> None:
    """And no more when they have caught up."""
    city, _, _ = two
    city.post(*(lead(number) for number in range(7)))
    city.turn()
    assert _open(city, backlog=11) == []
    assert _open(city, backlog=10) == ["stamps"]
    assert _open(city, backlog=11) == []


def test_dead_letters_are_told(two: Pair) -> None:
    """With the page that lists them."""
    city, _, _ = two
    with city.database.write() as session:
        session.execute(select(Peer)).scalar_one().state = "suspended"
    city.post(lead(1))
    city.turn()
    assert _open(city) == ["dead-letters"]
    assert city.rows(Notice)[0].link == "/exchange/dead-letters"
    with city.database.write() as session:
        session.execute(select(Message)).scalar_one().state = "processed"
    assert _open(city) == []


def test_a_peer_that_does_not_answer_is_told_after_an_hour(two: Pair) -> None:
    """How many messages wait and since when; the next day's notice takes the place of the first one."""
    city, _, line = two
    line.down.add("000000")
    city.post(lead(1), lead(2))
    city.turn()
    assert _open(city, minutes=59) == []
    assert _open(city, minutes=61) == ["silent"]
    (told,) = city.rows(Notice)
    assert "2 条消息已等待 1 小时" in told.title
    assert _open(city, minutes=61 + 24 * 60) == ["silent"]
    assert len(city.rows(Notice)) == 2
    line.down.clear()
    city.turn(7_200)
    assert _open(city) == []


def test_a_gap_that_stands_is_told_after_a_while(two: Pair) -> None:
    """Not at once: most are filled in seconds."""
    _, national, _ = two
    with national.database.write() as session:
        session.add(
            Stream(direction="in", sender="310000", receiver="000000", name="lead", last_seq=3, highest_seq=9, head="",
                   missing_since=national.at)
        )  # fmt: skip
    assert _open(national, minutes=9) == []
    assert _open(national, minutes=11) == ["gap"]
    with national.database.write() as session:
        session.execute(select(Stream)).scalar_one().missing_since = None
    assert _open(national, minutes=12) == []
