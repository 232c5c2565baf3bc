"""One call between two installations and its answer: both are signed, whatever the line between them.

Spec: GB/T 22239-2019 8.1.2.2 (integrity and origin of what is transmitted).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exchange.envelope import read_json
from exchange.errors import EnvelopeError, ExpiredError, RecipientError
from exchange.keys import NodeKeys
from exchange.peers import Book, known, verify
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json, canonical_json_of_read, random_token
from kernel.errors import ClockError

MAX_BYTES = 11_000_000
MAX_MESSAGES = 1_000
MAX_SKEW = timedelta(minutes=10)
CALL, ANSWER = "wangjian-exchange/1 call", "wangjian-exchange/1 answer"
KINDS = ("messages", "receipts")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was checked.

    Attributes:
        kind: ``messages`` or ``receipts``. caller: the peer. nonce: named again in the answer.
        messages: as they came, not checked yet. after: of the last sheet the caller has, for ``receipts``.
    """

    kind: str
    caller: str
    nonce: str
    messages: tuple[object, ...]
    after: int


@dataclass(frozen=True, slots=True)
class Wire:
    """A sealed message as it is sent: canonical envelope, and its signature in base64."""

    message_id: str
    envelope: str
    suite: str
    kid: str
    value: str


def _text(item: Wire) -> bytes:
    signature = canonical_json_of_read({"suite": item.suite, "kid": item.kid, "value": item.value})
    return b'{"envelope":' + item.envelope.encode() + b',"signature":' + signature + b"}"


def _signed(keys: NodeKeys, suite_name: str, kind: str, body: bytes) -> dict[str, Any]:
    kid, value = keys.sign(suite_name, kind.encode() + b"\n" + body)
    return {"suite": suite_name, "kid": kid, "value": base64.b64encode(value).decode()}


def make_call(
    keys: NodeKeys, suite_name: str, to: str, kind: str, *, at: datetime, messages: Sequence[Wire] = (), after: int = 0
) -> tuple[str, bytes]:
    """A signed call, and its nonce.

    Args:
        messages: they carry their own signatures, so the call signs their ids.
    """
    nonce = random_token(12)
    ids = [item.message_id for item in messages]
    body = {
        "format": CALL, "kind": kind, "from": keys.org, "to": to, "at": iso(at), "nonce": nonce, "ids": ids,
        "after": after,
    }  # fmt: skip
    head = canonical_json(body)
    tail = canonical_json(_signed(keys, suite_name, CALL, head))
    # What is canonical already is put together as it is: reading and writing it again would cost as much as signing.
    parts = (b'{"call":', head, b',"messages":[', b",".join(map(_text, messages)), b'],"signature":', tail, b"}")
    return nonce, b"".join(parts)


def _times(at: datetime, text: str) -> None:
    try:
        then = parse_iso(text)
    except ClockError as error:
        raise EnvelopeError("expected the time of the call, got something else") from error
    if abs(at - then) > MAX_SKEW:
        raise ExpiredError(
            f"expected a call within {MAX_SKEW.seconds // 60} minutes of our clock, got {text}",
            hint="Compare both clocks with a time server.",
        )


def read_call(data: bytes, own: str, book: Book, at: datetime) -> Call:
    """Check a call.

    Raises:
        EnvelopeError, TooLargeMessageError: not understood. RecipientError: for somebody else. ExpiredError: too old
        or too new. PeerError, UnsignedError, ForgedError, DowngradeError: as of its caller.
    """
    whole = read_json(data, MAX_BYTES)
    body = whole.get("call") if isinstance(whole, dict) else None
    messages = whole.get("messages") if isinstance(whole, dict) else None
    if not isinstance(body, dict) or not isinstance(messages, list) or len(messages) > MAX_MESSAGES:
        raise EnvelopeError(f"expected a call with at most {MAX_MESSAGES} messages, got something else")
    if body.get("format") != CALL or body.get("kind") not in KINDS or not isinstance(body.get("after"), int):
        raise EnvelopeError(f"expected a call of {CALL}, got something else")
    caller = known(book, str(body.get("from", "")))
    verify(caller, CALL.encode() + b"\n" + canonical_json_of_read(body), whole.get("signature"), at)
    if body.get("to") != own:
        raise RecipientError(f"expected a call for {own}, got one for {str(body.get('to'))[:20]!r}")
    _times(at, str(body.get("at", "")))
    if body.get("ids") != [_id_of(item) for item in messages]:
        raise EnvelopeError("expected the messages that the call names, got others")
    return Call(body["kind"], caller.code, str(body.get("nonce", "")), tuple(messages), body["after"])


def _id_of(item: object) -> object:
    envelope = item.get("envelope") if isinstance(item, dict) else None
    return envelope.get("message_id") if isinstance(envelope, dict) else None


def make_answer(keys: NodeKeys, suite_name: str, call: Call, given: Mapping[str, Any], *, at: datetime) -> bytes:
    """A signed answer: sheets, gaps, refusals."""
    body = {"format": ANSWER, "from": keys.org, "to": call.caller, "at": iso(at), "nonce": call.nonce, **given}
    data = canonical_json(body)
    signature = canonical_json(_signed(keys, suite_name, ANSWER, data))
    return b"".join((b'{"answer":', data, b',"signature":', signature, b"}"))


def read_answer(data: bytes, peer: str, nonce: str, book: Book, at: datetime) -> dict[str, Any]:
    """Check an answer: of this peer, to this call.

    Raises:
        EnvelopeError, TooLargeMessageError: not understood. PeerError, UnsignedError, ForgedError, DowngradeError: as
        of its signature.
    """
    whole = read_json(data, 4 * MAX_BYTES)
    body = whole.get("answer") if isinstance(whole, dict) else None
    if not isinstance(body, dict) or body.get("format") != ANSWER:
        raise EnvelopeError("expected the answer of a peer, got something else")
    verify(known(book, peer), ANSWER.encode() + b"\n" + canonical_json_of_read(body), whole.get("signature"), at)
    if body.get("from") != peer or body.get("nonce") != nonce:
        raise EnvelopeError("expected the answer to this call, got one to another")
    return body
