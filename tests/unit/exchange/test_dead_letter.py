"""Dead letters: driven again under their own id, or set aside with a reason; all of it in the audit trail."""

import pytest
from sqlalchemy import select

from exchange import dead_letter, effect
from exchange.dead_letter import redrive, set_aside, streams_to_try, try_again
from exchange.errors import RedriveError
from exchange.sealing import seal_waiting
from kernel.models import AuditEntry, Delivery, Message, Peer, Stream
from tests.servers.exchanging import PACE, Line, Node, lead

Pair = tuple[Node, Node, Line]


def _dead(city: Node) -> Message:
    """A message whose signature was spoiled, after all its tries."""
    city.post(lead(1), lead(2))
    seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at)
    with city.database.write() as session:
        session.execute(select(Message).order_by(Message.id).limit(1)).scalar_one().signature = "AAAA"
    for _ in range(PACE.max_tries + 1):
        city.turn(2)
    found: Message = city.rows(Message)[0]
    return found


def test_a_dead_letter_goes_again_under_its_own_id(two: Pair) -> None:
    """Same id, same number, same bytes; the one that waited behind it goes on by itself."""
    city, national, _ = two
    before = _dead(city)
    assert [row.state for row in city.rows(Delivery)] == ["dead", "stored"]
    assert [row.state for row in national.rows(Message)] == ["held"]
    with city.database.read() as session:
        assert dead_letter.dead_count(session) == 1
    with city.database.write() as session:
        assert redrive(session, city.keys, before.id, actor="officer", at=city.at) == before.message_id
    city.turn()
    after = city.rows(Message)[0]
    assert (after.state, after.seq, after.envelope) == ("processed", before.seq, before.envelope)
    assert [row.state for row in national.rows(Message)] == ["processed"] * 2
    assert "exchange.redriven" in {row.action for row in _audit(city)}


def _audit(node: Node) -> list[AuditEntry]:
    with node.database.read() as session:
        return list(session.execute(select(AuditEntry)).scalars())


def test_one_that_never_had_a_way_is_posted_again(two: Pair) -> None:
    """Once the peer is active."""
    city, _, _ = two
    with city.database.write() as session:
        session.query(Peer).one().state = "suspended"
    number = city.post(lead(1))[0]
    city.turn()
    row = city.rows(Message)[0]
    assert row.state == "dead"
    with city.database.write() as session:
        session.query(Peer).one().state = "active"
        assert redrive(session, city.keys, row.id, actor="officer", at=city.at) == number
    city.turn()
    assert city.rows(Message)[0].state == "processed"


def test_only_dead_letters_are_driven_again(two: Pair) -> None:
    """Not what was processed, not what is not there, not what came in."""
    city, national, _ = two
    city.post(lead(1))
    city.turn()
    for node, number in ((city, 1), (city, 99), (national, 1)):
        with pytest.raises(RedriveError), node.database.write() as session:
            redrive(session, node.keys, number, actor="officer", at=node.at)
    with pytest.raises(RedriveError):
        try_again(national.gateway, 1, actor="officer", at=national.at)
    with pytest.raises(RedriveError):
        set_aside(national.gateway, 1, reason="x", actor="officer", at=national.at)


def _failing(two: Pair) -> tuple[Node, Node]:
    city, national, _ = two

    def broken(*_: object) -> effect.Effect:
        raise ZeroDivisionError

    effect.register("LEAD", broken)
    city.post(lead(1), lead(2))
    city.turn()
    return city, national


def test_a_failed_effect_is_tried_again_at_its_pace(two: Pair) -> None:
    """By itself a few times, by a person at any time."""
    _, national = _failing(two)
    row = national.rows(Message, state="failed")[0]
    stream = national.rows(Stream)[0]
    assert streams_to_try(national.database, (10.0,), at=national.at) == []
    national.turn(11)
    assert streams_to_try(national.database, (10.0,), at=national.at) == [stream.id]
    assert try_again(national.gateway, row.id, actor="officer", at=national.at) == "failed"
    assert streams_to_try(national.database, (10.0,), at=national.at) == []
    effect._HANDLERS.clear()
    assert try_again(national.gateway, row.id, actor="officer", at=national.at) == "processed"
    assert national.rows(Stream)[0].last_seq == 2


def test_a_person_may_set_it_aside(two: Pair) -> None:
    """The sender gets a rejection with the reason, and the stream goes on."""
    city, national = _failing(two)
    first = national.rows(Message, state="failed")[0]
    effect._HANDLERS.clear()
    set_aside(national.gateway, first.id, reason="无法处理，已电话告知", actor="officer", at=national.at)
    assert [row.state for row in national.rows(Message)] == ["rejected", "processed"]
    city.turn(10)
    assert [(row.state, row.error_code) for row in city.rows(Message)] == [
        ("rejected", "exchange.handler"), ("processed", ""),
    ]  # fmt: skip
    assert city.rows(Message)[0].error == "无法处理，已电话告知"


def test_an_idle_outbox_is_known(two: Pair) -> None:
    """So that an installation without exchange does nothing."""
    city, _, _ = two
    assert not dead_letter.anything_posted(city.database)
    city.post(lead(1))
    assert dead_letter.anything_posted(city.database)
