"""The envelope has one byte form; what is not understood is refused, never guessed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.envelope import FIELDS, GENESIS, MAX_BYTES, Envelope, read_envelope, read_json, signed_bytes, time_text
from exchange.errors import EnvelopeError, TooLargeMessageError
from tests.servers.exchanging import AT

SAMPLE = Envelope(
    message_id="019ab000-0000-7000-8000-000000000001",
    batch_id="b",
    stream="lead",
    seq=1,
    prev=GENESIS,
    type="LEAD",
    version="1.0",
    op="UPSERT",
    sender="310000",
    level=2,
    receiver="000000",
    on_behalf_of="310115",
    biz_key="lead-1",
    biz_version=1,
    event_time="2026-11-25T08:00:00Z",
    sent_time="2026-11-25T08:00:00Z",
    jurisdiction="310115",
    legal_basis="",
    purpose="上报",
    classification="internal",
    retention_until="",
    correlation_id="",
    reply_to="",
    trace_id="t",
    ttl_s=60,
    replay_of="",
    payload={"title": "线索"},
    attachments=({"name": "a"},),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4), st.text(max_size=50), st.integers(0, 2**53 - 1))
def test_reading_what_was_written_gives_the_same_bytes(payload: dict[str, Any], purpose: str, seq: int) -> None:
    """So the receiver may check the signature over what it understood."""
    envelope = replace(SAMPLE, payload=payload, purpose=purpose, seq=seq)
    canonical = envelope.canonical()
    again = read_envelope(read_json(canonical))
    assert again == envelope
    assert again.canonical() == canonical


@given(JSON_VALUES)
def test_anything_else_is_refused(value: object) -> None:
    """With an error of the house, whatever it is."""
    with pytest.raises(EnvelopeError):
        read_envelope(value)


@pytest.mark.parametrize("name", [*FIELDS, "format"])
def test_every_field_has_to_be_there(name: str) -> None:
    """And no other may."""
    value = SAMPLE.as_json()
    del value[name]
    with pytest.raises(EnvelopeError):
        read_envelope(value)
    with pytest.raises(EnvelopeError, match="unknown"):
        read_envelope({**SAMPLE.as_json(), f"{name}x": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, 5) for name in ("message_id", "type", "purpose", "sent_time", "key", "personal", "payload")),
        *((name, "x") for name in ("seq", "level", "biz_version", "ttl_s", "payload", "attachments", "key")),
        ("seq", True),
        ("seq", -1),
        ("seq", 1 << 53),
        ("purpose", "x" * 401),
        ("sender", ""),
        ("event_time", "yesterday"),
        ("personal", [1]),
        ("format", "wangjian-exchange/2"),
    ],
)
def test_values_of_another_form_are_refused(name: str, value: object) -> None:
    """And named."""
    with pytest.raises(EnvelopeError):
        read_envelope({**SAMPLE.as_json(), name: value})


def test_numbers_with_fractions_are_refused() -> None:
    """They have no one byte form."""
    for text in ('{"a": 1.5}', '{"a": 1e3}', '{"a": NaN}', "{", "[" * 100_000):
        with pytest.raises(EnvelopeError):
            read_json(text)


def test_too_much_is_refused_before_it_is_read() -> None:
    """By size."""
    with pytest.raises(TooLargeMessageError):
        read_json(b" " * (MAX_BYTES + 1))


def test_its_life_ends() -> None:
    """After its seconds; with none it has no end."""
    assert not SAMPLE.expired(AT + timedelta(seconds=60))
    assert SAMPLE.expired(AT + timedelta(seconds=61))
    assert not replace(SAMPLE, ttl_s=0).expired(AT + timedelta(days=9_999))


def test_signed_bytes_say_what_they_are() -> None:
    """A signature of a message is of no use for a call or a sheet."""
    assert signed_bytes(b"{}") == b"wangjian-exchange/1 message\n{}"
    assert time_text(None, AT) == time_text(AT, AT - timedelta(1))
