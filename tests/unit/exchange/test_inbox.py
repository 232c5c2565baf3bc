"""The inbox: once, in order, one effect, and a receipt for everything."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import effect, inbox
from exchange.envelope import Envelope
from exchange.errors import TransferError
from exchange.inbox import Effect, register
from exchange.outbox import Draft
from exchange.schema_registry import RowError
from exchange.sealing import seal_waiting
from kernel.models import BusinessVersion, Message, Peer, Receipt, Stream
from tests.servers.exchanging import AT, Line, Node, lead, shuffled

Pair = tuple[Node, Node, Line]


def wire(node: Node, *drafts: Draft) -> list[dict[str, Any]]:
    """Sealed messages as they travel, without sending them."""
    node.post(*drafts)
    seal_waiting(node.database, node.keys, node.gateway.ours, at=node.at)
    rows = node.rows(Message, direction="out", state="sealed")
    return [
        {
            "envelope": json.loads(row.envelope),
            "signature": {"suite": row.suite, "kid": row.kid, "value": row.signature},
        }
        for row in rows
    ]


def hand(node: Node, messages: list[dict[str, Any]], caller: str = "310000") -> dict[str, Any]:
    """Give messages to a node."""
    return node.gateway.take_messages(messages, caller, node.gateway.book(), at=node.at)


def kinds(node: Node) -> list[str]:
    """Kinds of all receipts a node gave."""
    return [row.kind for row in node.rows(Receipt, direction="given")]


class Seen:
    """A handler that remembers what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, str]] = []
        self.error: BaseException | None = None
        self.rows: tuple[RowError, ...] = ()

    def __call__(self, session: Session, envelope: Envelope, _: Mapping[str, object], __: datetime) -> Effect:
        """Note the call, then do as told."""
        if self.error is not None:
            session.add(Stream(direction="in", sender="x", receiver="x", name="half done", head=""))
            session.flush()
            raise self.error
        self.calls.append((envelope.biz_key, envelope.biz_version, envelope.op))
        return Effect(rows=self.rows)


@pytest.fixture
def seen() -> Seen:
    """Registered for leads."""
    handler = Seen()
    register("LEAD", handler)
    return handler


def test_any_order_gives_one_effect_each_in_order(two: Pair, seen: Seen) -> None:
    """Whatever the order of arrival, and however often."""
    city, national, _ = two
    messages = wire(city, *(lead(number) for number in range(60)))
    for start in range(0, 120, 7):
        hand(national, shuffled(messages * 2, seed=3)[start : start + 7])
    assert seen.calls == [(f"lead-{number}", 1, "UPSERT") for number in range(60)]
    stream = national.rows(Stream)[0]
    assert (stream.last_seq, stream.missing_since) == (60, None)
    assert [row.state for row in national.rows(Message)] == ["processed"] * 60
    assert kinds(national).count("PROCESSED") == kinds(national).count("STORED") == 60
    assert kinds(national).count("DUPLICATE") > 0


def test_a_gap_is_named_and_later_ones_wait(two: Pair, seen: Seen) -> None:
    """Stored, with a receipt, but without effect until the gap is filled."""
    city, national, _ = two
    messages = wire(city, *(lead(number) for number in range(6)))
    answer = hand(national, [messages[0], messages[3], messages[5]])
    gap = {"sender": "310000", "receiver": "000000", "stream": "lead", "from": 2, "to": 3}
    assert answer["missing"] == [gap]
    assert [key for key, _, _ in seen.calls] == ["lead-0"]
    assert national.rows(Stream)[0].missing_since == national.at
    assert hand(national, [messages[2]])["missing"] == [{**gap, "to": 2}]
    assert hand(national, [messages[1]])["missing"] == [{**gap, "from": 5, "to": 5}]
    assert [key for key, _, _ in seen.calls] == [f"lead-{number}" for number in range(4)]
    hand(national, [messages[4]])
    assert len(seen.calls) == 6


def test_who_waited_gets_the_first_receipt_again(two: Pair) -> None:
    """Should the answer with it be lost, the sheet comes with what came of the message."""
    city, national, _ = two
    messages = wire(city, lead(1), lead(2))
    (lost,) = hand(national, messages[1:])["sheets"]
    answer = hand(national, messages[:1])
    assert lost in answer["sheets"]
    assert kinds(national).count("STORED") == kinds(national).count("PROCESSED") == 2


def test_a_sheet_that_comes_again_brings_what_it_rests_on(two: Pair) -> None:
    """It may tell what came of messages nobody asks for any more: that they were stored stands on another lost one."""
    city, national, _ = two
    messages = wire(city, lead(1), lead(2))
    (stored,) = hand(national, messages[1:])["sheets"]
    told = hand(national, messages[:1])["sheets"][-1]
    again = hand(national, messages[:1])["sheets"]
    assert again[:-1] == [stored, told]


def test_the_buffer_is_bounded(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too far ahead is refused, not kept, and may be sent again."""
    monkeypatch.setattr(inbox, "WINDOW", 3)
    city, national, _ = two
    messages = wire(city, *(lead(number) for number in range(6)))
    answer = hand(national, messages[1:])
    assert [item["code"] for item in answer["refused"]] == ["exchange.window"] * 3
    hand(national, messages[:1])
    assert hand(national, messages)["refused"] == []
    assert national.rows(Stream)[0].last_seq == 6


def test_a_duplicate_gets_its_first_receipt_again(two: Pair, seen: Seen) -> None:
    """The very sheet, so that both sides hold the same proof."""
    city, national, _ = two
    messages = wire(city, lead(1))
    first = hand(national, messages)["sheets"]
    again = hand(national, messages)["sheets"]
    assert again[0] == first[0]
    assert '"DUPLICATE"' in again[1]["body"]
    assert len(seen.calls) == 1


def test_older_versions_are_stale_and_the_same_one_has_no_second_effect(two: Pair, seen: Seen) -> None:
    """By business key and version, whatever the message's number."""
    city, national, _ = two
    other = {"description": "另一说明"}
    messages = wire(city, lead(1, 2), lead(1, 1), lead(1, 2), lead(1, 2, payload=other), lead(1, 3, payload=other))
    hand(national, messages)
    assert seen.calls == [("lead-1", 2, "UPSERT"), ("lead-1", 3, "UPSERT")]
    told = [(row.state, row.outcome, row.error_code) for row in national.rows(Message)]
    assert told == [
        ("processed", "applied", ""),
        ("processed", "stale", ""),
        ("processed", "same", ""),
        ("rejected", "", "exchange.version_conflict"),
        ("processed", "applied", ""),
    ]
    assert [row.biz_version for row in national.rows(BusinessVersion)] == [3]


def test_taking_back_is_an_effect_too(two: Pair, seen: Seen) -> None:
    """A VOID of a higher version."""
    city, national, _ = two
    hand(national, wire(city, lead(1), replace(lead(1, 2), op="VOID")))
    assert seen.calls[-1] == ("lead-1", 2, "VOID")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seq": 2}, "exchange.signature"),
        ({"payload": {}}, "exchange.signature"),
        ({"sender": "320000"}, "exchange.peer"),
        ({"stream": 5}, "exchange.envelope"),
    ],
)
def test_changed_messages_are_refused(two: Pair, seen: Seen, change: dict[str, Any], code: str) -> None:
    """They use no number, get no receipt, and leave no row."""
    city, national, _ = two
    message = wire(city, lead(1))[0]
    forged = {**message, "envelope": {**message["envelope"], **change}}
    answer = hand(national, [forged])
    assert [item["code"] for item in answer["refused"]] == [code]
    assert national.rows(Message) == [] == seen.calls
    assert hand(national, [message])["refused"] == []


@pytest.mark.parametrize("signature", [None, {}, {"suite": "ed25519-sha256", "kid": "x", "value": ""}])
def test_unsigned_messages_are_refused(two: Pair, signature: object) -> None:
    """Always."""
    city, national, _ = two
    message = wire(city, lead(1))[0]
    refused = hand(national, [{**message, "signature": signature}])["refused"]
    assert [item["code"] for item in refused] == ["exchange.unsigned"]


@pytest.mark.parametrize("value", [None, 5, [], {"envelope": {}}, {"x": 1}])
def test_what_is_no_message_is_refused(two: Pair, value: object) -> None:
    """And hurts none of the others."""
    city, national, _ = two
    good = wire(city, lead(1))
    answer = national.gateway.take_messages([value, *good], "310000", national.gateway.book(), at=AT)
    assert len(answer["refused"]) == 1
    assert national.rows(Stream)[0].last_seq == 1


def test_another_message_under_the_same_number_is_refused(two: Pair) -> None:
    """A sender that lost its records shows, and nothing is overwritten."""
    city, national, _ = two
    hand(national, wire(city, lead(1)))
    with city.database.write() as session:
        stream = session.execute(select(Stream)).scalar_one()
        stream.last_seq, stream.head = 0, "0" * 64
        for row in session.execute(select(Message)).scalars():
            row.stream_id = None
    forked = wire(city, lead(2))[-1:]
    assert [item["code"] for item in hand(national, forked)["refused"]] == ["exchange.chain"]
    with city.database.write() as session:
        session.execute(select(Stream)).scalar_one().last_seq = 1
    broken = wire(city, lead(3))[-1:]
    assert [item["code"] for item in hand(national, broken)["refused"]] == ["exchange.chain"]


def test_a_handler_may_reject_rows_and_nothing_of_it_stays(two: Pair, seen: Seen) -> None:
    """The receipt names them; the stream goes on."""
    city, national, _ = two
    seen.rows = (RowError(3, "/rows/3/name", "R1", "expected a name"),)
    answer = hand(national, wire(city, lead(1)))
    assert '"REJECTED"' in answer["sheets"][0]["body"]
    assert national.rows(Message)[0].rows[0]["row"] == 3
    assert national.rows(BusinessVersion) == []
    seen.rows = ()
    hand(national, wire(city, lead(2)))
    assert national.rows(Stream)[0].last_seq == 2


def test_an_expected_error_rejects_and_leaves_nothing_half_done(two: Pair, seen: Seen) -> None:
    """With its own code; the others of the batch are taken."""
    city, national, _ = two
    seen.error = TransferError("expected a matter that may be transferred, got another")
    register("RECALL", Seen())
    notice = {"notice_number": "N", "producer": "某厂", "product": "水壶", "published_on": "2026-11-25"}
    good = Draft("RECALL", "1.0", "UPSERT", "r", 1, notice, receiver="000000")
    hand(national, wire(city, lead(1), good))
    states = {(row.type, row.state, row.error_code) for row in national.rows(Message)}
    assert states == {("LEAD", "rejected", "exchange.transfer"), ("RECALL", "processed", "")}
    assert not national.rows(Stream, name="half done")


def test_a_fault_of_ours_stops_the_stream_and_mends(two: Pair, seen: Seen) -> None:
    """The message waits, those behind it wait, and when it is mended all go on in order."""
    city, national, _ = two
    seen.error = ZeroDivisionError("a mistake")
    messages = wire(city, *(lead(number) for number in range(3)))
    answer = hand(national, messages)
    assert answer["missing"] == []
    first = national.rows(Message)[0]
    assert (first.state, first.error_code) == ("failed", "exchange.handler")
    assert "PROCESSED" not in kinds(national)
    stream = national.rows(Stream)[0]
    assert national.gateway.release(stream.id, at=AT) == []
    assert national.rows(Message)[0].attempts == 2
    seen.error = None
    lines = national.gateway.release(stream.id, at=AT)
    assert [line.kind for line in lines] == ["PROCESSED"] * 3
    assert [key for key, _, _ in seen.calls] == ["lead-0", "lead-1", "lead-2"]


def test_a_replay_is_a_dry_run(two: Pair, seen: Seen) -> None:
    """Marked as such, checked like any other, without effect."""
    city, national, _ = two
    number = city.post(lead(1))[0]
    city.turn()
    hand(national, wire(city, lead(7, replay_of=number), lead(8)))
    assert [(row.is_replay, row.outcome) for row in national.rows(Message)][1:] == [
        (True, "dry-run"),
        (False, "applied"),
    ]
    assert [key for key, _, _ in seen.calls] == ["lead-1", "lead-8"]


@pytest.mark.parametrize(
    ("draft", "later", "code"),
    [
        (lead(1, ttl_s=10), 11, "exchange.expired"),
        (lead(1), 0, "exchange.scope"),
    ],
)
def test_faults_of_content_use_the_number_up(two: Pair, seen: Seen, draft: Draft, later: int, code: str) -> None:
    """Rejected with the reason; the next one follows."""
    city, national, _ = two
    if code == "exchange.scope":
        with national.database.write() as session:
            session.execute(select(Peer)).scalar_one().scopes = {"in": ["PENALTY"]}
    messages = wire(city, draft)
    national.turn(later)
    hand(national, messages)
    assert [(row.state, row.error_code) for row in national.rows(Message)] == [("rejected", code)]
    assert national.rows(Stream)[0].last_seq == 1
    assert seen.calls == []


def test_versions_are_found_by_their_index(two: Pair) -> None:
    """However many business objects there are, none is looked at but those that a call is about."""
    newest = effect._NEWEST
    with two[1].database.read() as session:
        way = newest._way(newest._statement, session.get_bind().dialect, (("keys", 2),))
        values = way.values({"sender_": "310000", "type_": "LEAD", "keys": ("a", "b")})
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {way.text}", tuple(values)).all()
    assert [row.detail for row in plan if "SCAN" in row.detail] == []
    assert any("biz_key=?" in row.detail for row in plan)
