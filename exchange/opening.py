"""A message as it came: read, its signature checked, its personal fields opened, its payload held against the schema.

Pure: no database. So it is done before the write lock is taken, and again where a message waited in the buffer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchange import field_cipher
from exchange.envelope import MAX_BYTES, Envelope, read_envelope, read_json, signed_bytes
from exchange.errors import EnvelopeError, ExpiredError, ForgedError, ScopeError, SealError, TooLargeMessageError
from exchange.keys import NodeKeys
from exchange.message_type import check_classification, check_op
from exchange.peers import Book, known, signer, verify
from exchange.routing import host_of
from exchange.schema_registry import schema, validate
from exchange.suite import suite
from exchange.tree_signature import is_group, verify_in_group
from kernel.crypto import canonical_json_of_read
from kernel.errors import WangjianError


@dataclass(frozen=True, slots=True)
class Opened:
    """One message whose signature holds.

    Attributes:
        canonical: the bytes that were signed, as text. signature: base64, or its place in a group's
            signature. plain: the payload in plain text, or none.
        fault: why it must be rejected, or none: its place in the stream is used up all the same.
    """

    envelope: Envelope
    canonical: str
    digest: str
    suite: str
    kid: str
    signature: str
    plain: Mapping[str, Any] | None = None
    fault: WangjianError | None = None


def check_signed(value: object, book: Book, at: datetime) -> Opened:
    """Read one message and check its sender's signature.

    Args:
        value: ``{"envelope": {...}, "signature": {"suite","kid","value"}}``, as :func:`read_json` gave it.

    Raises:
        EnvelopeError, TooLargeMessageError: not understood. PeerError: of nobody we know. UnsignedError, ForgedError,
        DowngradeError: as of its signature.
    """
    if not isinstance(value, dict) or not value.keys() <= {"envelope", "signature"}:
        raise EnvelopeError("expected an envelope with its signature, got something else")
    envelope = read_envelope(value.get("envelope"))
    canonical = canonical_json_of_read(value["envelope"])
    if len(canonical) > MAX_BYTES:
        raise TooLargeMessageError(f"expected at most {MAX_BYTES} bytes, got {len(canonical)}")
    sender, signature = known(book, envelope.sender), value.get("signature")
    name, card, text = signer(sender, signature, at)
    digest = suite(name).digest(canonical)
    if is_group(text):
        verify_in_group(name, card["public"].encode(), digest, text)
    else:
        verify(sender, signed_bytes(canonical), signature, at)
    return Opened(envelope, canonical.decode(), digest, name, card["kid"], text)


def open_message(opened: Opened, book: Book, keys: NodeKeys, at: datetime) -> Opened:
    """The same with its payload in plain text, or with the fault for which it must be rejected.

    A message for an organisation that is hosted elsewhere is not opened.
    """
    envelope = opened.envelope
    if host_of(envelope.receiver, keys.org, book) != keys.org:
        return opened
    try:
        plain = _plain(envelope, book, keys, at)
    except WangjianError as error:
        return _with(opened, None, error)
    return _with(opened, plain, None)


def _with(opened: Opened, plain: Mapping[str, Any] | None, fault: WangjianError | None) -> Opened:
    return Opened(
        opened.envelope, opened.canonical, opened.digest, opened.suite, opened.kid, opened.signature, plain, fault
    )


def _plain(envelope: Envelope, book: Book, keys: NodeKeys, at: datetime) -> Mapping[str, Any]:
    if envelope.expired(at):
        raise ExpiredError(f"expected a message within {envelope.ttl_s} s, got one sent at {envelope.sent_time}")
    check_op(envelope.op)
    found = schema(envelope.type, envelope.version)
    check_classification(envelope.type, envelope.classification)
    if not known(book, envelope.sender).may("in", envelope.type):
        raise ScopeError(f"expected a type that {envelope.sender} may send, got {envelope.type}")
    personal = tuple(dict.fromkeys((*found.personal, *envelope.personal)))
    plain: Mapping[str, Any] = envelope.payload
    if personal:
        field_cipher.require_sealed(envelope.payload, personal)
        if envelope.key:
            used, private = suite(str(envelope.key.get("suite", ""))), _sealing_key(envelope, keys)
            plain = field_cipher.open_fields(
                plain, personal, used, private=private, key=envelope.key, message_id=envelope.message_id
            )
    validate(envelope.type, envelope.version, plain)
    return plain


def _sealing_key(envelope: Envelope, keys: NodeKeys) -> bytes:
    found = keys.opening(str(envelope.key.get("suite", "")), str(envelope.key.get("kid", "")) or "-")
    if not found:
        raise SealError(
            "expected fields sealed for one of our keys, got another number",
            hint="Give the sender our newest card: wangjian exchange card.",
        )
    return found[0]


def reopen(canonical: str, suite_name: str, digest: str, book: Book, keys: NodeKeys, *, at: datetime) -> Opened:
    """A message that waited here, opened; its signature was checked when it came.

    Raises:
        ForgedError: the stored bytes are not those that came.
    """
    from_disk = canonical.encode()
    if suite(suite_name).digest(from_disk) != digest:
        raise ForgedError("expected the stored message to be as it came, got other bytes")
    envelope = read_envelope(read_json(canonical, 4 * MAX_BYTES))
    return open_message(Opened(envelope, canonical, digest, suite_name, "", ""), book, keys, at)
