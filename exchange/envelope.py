"""The envelope of a message: what is signed, in one byte form.

The payload is a part of it, so that one signature covers both. Canonical JSON; every field stands in
every message, empty where it does not apply; a field that is not known is refused.

Spec: GB/T 21062.3-2007 (data interface); RFC 8785 for the byte form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson

from exchange.errors import EnvelopeError, TooLargeMessageError
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json, refuse_floats
from kernel.errors import ClockError

MAX_BYTES = 1_000_000
MAX_TEXT = 400
MAX_SEQ = 1 << 53
PREFIX = b"wangjian-exchange/1 message\n"
GENESIS = "0" * 64
"""What the first message of a stream names as the one before it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message.

    Attributes:
        message_id: UUIDv7. batch_id: of the group it was sealed in. stream, seq, prev: its place in the line from
            sender to receiver, and the digest of the message before it.
        schema: ``TYPE@major.minor``. op: ``UPSERT`` ``VOID`` ``QUERY``.
        sender, receiver, on_behalf_of: organisation codes. level: of the sender, 1 (总局) to 4 (所).
        biz_key, biz_version: the business object and its version: the same pair has the same effect once.
        event_time, sent_time, retention_until: RFC 3339, UTC; ttl_s: seconds after sent_time, 0 for ever.
        jurisdiction: region, GB/T 2260. personal: JSON pointers of fields that are sealed. key: the content key
            sealed for the receiver, or empty. attachments: list of ``{name,size,sha256,sm3,media}``.
        replay_of: id of the message that this one shows again as a dry run, or empty.
    """

    message_id: str
    batch_id: str
    stream: str
    seq: int
    prev: str
    type: str
    version: str
    op: str
    sender: str
    level: int
    receiver: str
    on_behalf_of: str
    biz_key: str
    biz_version: int
    event_time: str
    sent_time: str
    jurisdiction: str
    legal_basis: str
    purpose: str
    classification: str
    retention_until: str
    correlation_id: str
    reply_to: str
    trace_id: str
    ttl_s: int
    replay_of: str
    payload: Mapping[str, Any]
    personal: tuple[str, ...] = ()
    key: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """JSON values, as they travel."""
        found = {name: getattr(self, name) for name in FIELDS}
        found["personal"] = list(self.personal)
        found["key"] = dict(self.key)
        found["attachments"] = [dict(item) for item in self.attachments]
        found["payload"] = dict(self.payload)
        found["format"] = FORMAT
        return found

    def canonical(self) -> bytes:
        """The one byte form."""
        return canonical_json(self.as_json())

    def expired(self, at: datetime) -> bool:
        """True after its time to live."""
        return bool(self.ttl_s) and (at - parse_iso(self.sent_time)).total_seconds() > self.ttl_s


FORMAT = "wangjian-exchange/1"
FIELDS = tuple(item.name for item in fields(Envelope))
_KNOWN = frozenset((*FIELDS, "format"))
_INTEGERS = ("seq", "level", "biz_version", "ttl_s")
_OTHERS = frozenset((*_INTEGERS, "payload", "personal", "key", "attachments"))
_TEXTS = tuple(name for name in FIELDS if name not in _OTHERS)
_NEEDED = ("message_id", "stream", "prev", "type", "version", "op", "sender", "receiver", "biz_key")


def signed_bytes(canonical: bytes) -> bytes:
    """What a signature of a message covers: its kind, so that no other signed text can pass for it, and its bytes."""
    return PREFIX + canonical


def read_json(data: bytes | str, most: int = MAX_BYTES) -> Any:
    """JSON without floats.

    Raises:
        EnvelopeError: it is none. TooLargeMessageError: more than ``most`` bytes.
    """
    if len(data) > most:
        raise TooLargeMessageError(f"expected at most {most} bytes, got {len(data)}", hint="Send it in parts.")
    try:
        found = orjson.loads(data)
    except ValueError as error:
        raise EnvelopeError(f"expected JSON, got {type(error).__name__}") from error
    try:
        refuse_floats(found)
    except ValueError as error:
        raise EnvelopeError(str(error)) from error
    return found


def _wrong(name: str, wanted: str, value: object) -> EnvelopeError:
    return EnvelopeError(f"expected {wanted} in {name}, got {str(value)[:60]!r}", context={"field": name})


def _check_texts(value: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        found = value[name]
        if type(found) is not str or len(found) > MAX_TEXT:
            raise _wrong(name, f"text of at most {MAX_TEXT} characters", found)
    for name in _NEEDED:
        if not value[name]:
            raise _wrong(name, "a value", "")
    for name in ("event_time", "sent_time"):
        try:
            parse_iso(value[name])
        except ClockError as error:
            raise _wrong(name, "a time (RFC 3339)", value[name]) from error


def read_envelope(value: object) -> Envelope:
    """An envelope from JSON values; nothing is guessed.

    Raises:
        EnvelopeError: not an object, a field missing or unknown, a value of the wrong form.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise EnvelopeError(f"expected an envelope of {FORMAT}, got something else")
    if value.keys() != _KNOWN:
        unknown, missing = sorted(value.keys() - _KNOWN), sorted(_KNOWN - value.keys())
        raise EnvelopeError(f"expected the fields of {FORMAT}, got unknown {unknown} and missing {missing}")
    _check_texts(value)
    for name in _INTEGERS:
        if type(value[name]) is not int or not 0 <= value[name] < MAX_SEQ:
            raise _wrong(name, "a whole number", value[name])
    for name, kind in (("payload", dict), ("key", dict), ("personal", list), ("attachments", list)):
        if not isinstance(value[name], kind):
            raise _wrong(name, "an object" if kind is dict else "a list", value[name])
    if not all(isinstance(item, str) for item in value["personal"]):
        raise _wrong("personal", "JSON pointers", value["personal"])
    given = {name: value[name] for name in FIELDS}
    given["personal"] = tuple(given["personal"])
    given["attachments"] = tuple(given["attachments"])
    return Envelope(**given)


def time_text(at: datetime | None, otherwise: datetime) -> str:
    """RFC 3339 text of a time, or of the other one where there is none."""
    return iso(at or otherwise)
