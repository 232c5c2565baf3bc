"""Calls and answers: signed, for us, of now; the answer belongs to its call."""

import json
from datetime import timedelta
from typing import Any

import pytest

from exchange.call import MAX_MESSAGES, make_answer, make_call, read_answer, read_call
from exchange.errors import (
    EnvelopeError,
    ExchangeError,
    ExpiredError,
    ForgedError,
    PeerError,
    RecipientError,
    TooLargeMessageError,
    UnsignedError,
)
from kernel.crypto import canonical_json
from tests.servers.exchanging import AT, SUITES, Line, Node

Pair = tuple[Node, Node, Line]
SUITE = SUITES[0]


def _read(two: Pair, data: bytes, **given: Any) -> Any:
    _, national, _ = two
    return read_call(data, given.pop("own", "000000"), national.gateway.book(), given.pop("at", AT))


def test_a_call_is_read_as_it_was_made(two: Pair) -> None:
    """Kind, caller, nonce."""
    nonce, data = make_call(two[0].keys, SUITE, "000000", "receipts", at=AT, after=7)
    call = _read(two, data)
    assert (call.kind, call.caller, call.nonce, call.after) == ("receipts", "310000", nonce, 7)


def test_calls_for_others_and_of_other_times_are_refused(two: Pair) -> None:
    """A call that was overheard is of no use elsewhere or later."""
    _, data = make_call(two[0].keys, SUITE, "000000", "receipts", at=AT)
    with pytest.raises(RecipientError):
        _read(two, data, own="310000")
    for minutes in (-11, 11):
        with pytest.raises(ExpiredError):
            _read(two, data, at=AT + timedelta(minutes=minutes))


def test_a_stranger_is_refused(two: Pair) -> None:
    """And a caller that says it is somebody else."""
    stranger = two[0].keys
    with pytest.raises(PeerError):
        _read(two, make_call(type(stranger)("320000", stranger.signing, {}), SUITE, "000000", "receipts", at=AT)[1])
    with pytest.raises(ForgedError):
        _read(two, make_call(type(stranger)("000000", stranger.signing, {}), SUITE, "000000", "receipts", at=AT)[1])


@pytest.mark.parametrize("place", ["to", "from", "at", "nonce", "ids", "after", "kind", "format"])
def test_every_part_of_a_call_is_signed(two: Pair, place: str) -> None:
    """Changed, it is refused."""
    whole = json.loads(make_call(two[0].keys, SUITE, "000000", "receipts", at=AT)[1])
    whole["call"][place] = {"ids": ["x"], "after": 9}.get(place, "x")
    with pytest.raises(ExchangeError):
        _read(two, canonical_json(whole))


def test_what_is_no_call_is_refused(two: Pair) -> None:
    """Not JSON, not an object, too many messages, other messages than named, without a signature, too large."""
    whole = json.loads(make_call(two[0].keys, SUITE, "000000", "messages", at=AT)[1])
    many = {**whole, "messages": [{}] * (MAX_MESSAGES + 1)}
    for bad in (b"", b"[]", b"{}", canonical_json(many), canonical_json({**whole, "messages": [5]})):
        with pytest.raises(EnvelopeError):
            _read(two, bad)
    with pytest.raises(UnsignedError):
        _read(two, canonical_json({**whole, "signature": {}}))
    with pytest.raises(TooLargeMessageError):
        _read(two, b" " * 11_000_001)


def test_an_answer_belongs_to_its_call(two: Pair) -> None:
    """Of the peer, to this nonce, and unchanged."""
    city, national, _ = two
    nonce, data = make_call(city.keys, SUITE, "000000", "receipts", at=AT)
    answer = make_answer(national.keys, SUITE, _read(two, data), {"sheets": []}, at=AT)
    book = city.gateway.book()
    assert read_answer(answer, "000000", nonce, book, AT)["sheets"] == []
    with pytest.raises(EnvelopeError):
        read_answer(answer, "000000", "other", book, AT)
    with pytest.raises(EnvelopeError):
        read_answer(b"{}", "000000", nonce, book, AT)
    whole = json.loads(answer)
    whole["answer"]["refused"] = [{"message_id": "x"}]
    with pytest.raises(ForgedError):
        read_answer(canonical_json(whole), "000000", nonce, book, AT)
