"""The relay: everything arrives, whatever the line does; what cannot is a dead letter."""

import json
from pathlib import Path

from exchange import effect
from exchange.outbox import Draft
from exchange.receipt import PROCESSED, give
from exchange.receipt import Line as Told
from exchange.relay import Pace
from kernel.models import Delivery, Hop, Message, Peer, Receipt, ReceiptSheet, Stream
from tests.servers.exchanging import Line, Node, introduce, lead, make_node, pair

Pair = tuple[Node, Node, Line]


def states(node: Node) -> list[str]:
    """Of all outgoing messages."""
    return [row.state for row in node.rows(Message, direction="out")]


def test_messages_arrive_with_all_their_receipts(two: Pair) -> None:
    """Posted, sealed, handed over, told what came of them."""
    city, national, _ = two
    city.post(*(lead(number) for number in range(450)))
    assert city.turn() == 450
    assert set(states(city)) == {"processed"}
    assert {row.state for row in city.rows(Delivery)} == {"done"}
    taken = [(row.kind, row.giver) for row in city.rows(Receipt, direction="taken")]
    assert taken.count(("STORED", "000000")) == taken.count(("PROCESSED", "000000")) == 450
    assert [row.seq for row in national.rows(Message)] == list(range(1, 451))
    assert all(row.acknowledged_at and row.sheet for row in city.rows(Hop))
    assert city.turn() == 0


def test_what_was_posted_in_plain_text_is_gone_once_it_is_sealed(two: Pair) -> None:
    """Personal fields stay sealed in both records; only the handler sees them."""
    city, national, _ = two
    row = {"kind": "registered", "shop_name": "测试店", "shop_url": "https://a.example.test/", "address": "测试路",
           "contact": "021-00000000"}  # fmt: skip
    report = {"period": "2026-01", "platform_name": "测试平台", "rows": [row]}
    draft = Draft("IDENTITY_REPORT", "1.0", "UPSERT", "r", 1, report, receiver="000000", classification="sensitive")
    city.post(draft)
    city.turn()
    for node in (city, national):
        kept = node.rows(Message)[0]
        assert "021-00000000" not in kept.envelope + json.dumps(kept.draft)
    assert national.rows(Message)[0].state == "processed"


def test_lost_answers_do_no_harm(two: Pair) -> None:
    """The same message comes again and gets the same receipt."""
    city, national, line = two
    line.after = lambda _: None
    city.post(lead(1))
    assert city.turn() == 0
    line.after = lambda answer: answer
    assert states(city) == ["sealed"]
    city.turn(2)
    assert states(city) == ["processed"]
    assert len(national.rows(Message)) == 1
    assert {row.kind for row in city.rows(Receipt)} == {"STORED", "PROCESSED", "DUPLICATE"}


def test_a_call_that_comes_twice_does_no_harm(two: Pair) -> None:
    """Nor does one that comes late."""
    city, national, line = two
    line.before = lambda body: (body, body)
    city.post(*(lead(number) for number in range(5)))
    city.turn()
    assert states(city) == ["processed"] * 5
    assert len(national.rows(Message)) == 5


def test_a_peer_that_is_down_rests_and_comes_back(two: Pair) -> None:
    """Nothing is lost and nothing becomes a dead letter because a peer sleeps."""
    city, _, line = two
    line.down.add("000000")
    city.post(*(lead(number) for number in range(3)))
    for _ in range(10):
        city.turn(2)
    peer = city.rows(Peer)[0]
    assert (peer.failures, peer.open_until is not None) == (10, True)
    calls = line.sent
    city.turn(0)
    assert line.sent == calls, "it is left alone for a while"
    line.down.clear()
    city.turn(2)
    city.turn(2)
    assert states(city) == ["processed"] * 3
    assert city.rows(Peer)[0].failures == 0


def test_a_message_that_is_refused_for_good_is_a_dead_letter(two: Pair) -> None:
    """After its tries; those behind it wait at the receiver and are not lost."""
    city, national, _ = two
    with national.database.write() as session:
        peer = session.query(Peer).one()
        keys, peer.keys = peer.keys, [{**card, "kid": "other"} for card in peer.keys]
    city.post(lead(1))
    city.turn()
    assert city.rows(Delivery)[0].state == "waiting", "the call itself was not understood: the peer rests"
    with national.database.write() as session:
        session.query(Peer).one().keys = keys
    with city.database.write() as session:
        session.query(Message).one().signature = "AAAA"
    for _ in range(6):
        city.turn(2)
    dead = city.rows(Delivery)[0]
    assert (dead.state, dead.code, dead.attempts) == ("dead", "exchange.signature", 5)


def test_receipts_that_come_true_later_are_fetched(two: Pair) -> None:
    """The receiver had a fault of its own; the sender asks until it knows."""
    city, national, _ = two

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    effect.register("LEAD", broken)  # type: ignore[arg-type]
    city.post(lead(1))
    city.turn()
    assert (states(city), city.rows(Delivery)[0].state) == (["sealed"], "stored")
    effect._HANDLERS.clear()
    national.gateway.release(national.rows(Stream)[0].id, at=national.at)
    city.turn(6)
    assert states(city) == ["processed"]
    after = city.rows(Peer)[0].receipts_after
    assert after == national.rows(ReceiptSheet)[-1].id


def test_a_message_without_a_way_is_dead_at_once_and_says_why(two: Pair) -> None:
    """It never gets a number, so nothing waits for it."""
    city, national, _ = two
    with city.database.write() as session:
        session.query(Peer).one().state = "suspended"
    city.post(lead(1))
    city.turn()
    row = city.rows(Message)[0]
    assert (row.state, row.error_code, row.seq) == ("dead", "exchange.recipient", None)
    assert national.rows(Message) == []


def test_a_unit_of_this_installation_is_reached_by_the_same_door(two: Pair) -> None:
    """Four levels, also where they share a machine."""
    city, _, line = two
    city.post(lead(1, receiver="310115"), lead(2, receiver="31011501"))
    city.turn()
    assert states(city) == ["processed"] * 2
    assert {row.receiver for row in city.rows(Message, direction="in")} == {"310115", "31011501"}
    assert line.sent == 0


def test_a_message_goes_through_those_between(tmp_path: Path) -> None:
    """From a district by the city to the national authority; each hop acknowledges, the receiver's word comes back."""
    with pair(tmp_path) as (city, national, line):
        district = make_node("310115", tmp_path, line)
        introduce(district, city)
        introduce(district, national, url="")
        introduce(city, district)
        introduce(national, district, url="")
        district.post(lead(1), lead(2))
        district.turn()
        assert [row.state for row in district.rows(Delivery)] == ["stored", "stored"]
        assert [row.state for row in city.rows(Message)] == ["passing", "passing"]
        city.turn(1)
        assert [row.state for row in city.rows(Message)] == ["passed", "passed"]
        assert [(row.sender, row.state) for row in national.rows(Message)] == [("310115", "processed")] * 2
        district.turn(10)
        assert states(district) == ["processed"] * 2
        assert [(row.node, row.next_node) for row in city.rows(Hop)] == [("310000", "000000")] * 2
        assert {row.giver for row in district.rows(Receipt, kind="PROCESSED")} == {"000000"}
        district.database.close()


def test_a_middleman_cannot_say_what_came_of_a_message(tmp_path: Path) -> None:
    """Only the receiver's own installation can."""
    with pair(tmp_path) as (city, national, line):
        district = make_node("310115", tmp_path, line)
        introduce(district, city)
        introduce(district, national, url="")
        introduce(city, district)
        district.post(lead(1))
        district.turn()
        row = district.rows(Message)[0]
        with city.database.write() as session:
            lines = [Told(row.message_id, row.digest, PROCESSED, "applied")]
            give(session, city.keys, "ed25519-sha256", "310115", lines, at=city.at)
        district.turn(10)
        assert states(district) == ["sealed"]
        district.database.close()


def test_each_message_costs_one_place_only(tmp_path: Path) -> None:
    """Small batches, several streams: numbers run from one on in each."""
    with pair(tmp_path, pace=Pace(batch=3, retry_after_s=(1.0,))) as (city, national, _):
        city.post(*(lead(number, stream=f"s{number % 3}") for number in range(20)))
        city.turn()
        found: dict[str, list[int]] = {}
        for row in national.rows(Message):
            found.setdefault(json.loads(row.envelope)["stream"], []).append(row.seq)
        assert {name: sorted(numbers) for name, numbers in found.items()} == {
            "s0": list(range(1, 8)), "s1": list(range(1, 8)), "s2": list(range(1, 7)),
        }  # fmt: skip
