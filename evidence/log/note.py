"""Signed notes: a text, and under it the signatures of the log and of its witnesses.

Only one form is read and written; a note in any other is refused, so that equal statements are equal
bytes. Two kinds of signature are known: Ed25519 over the text (by a log), and the timestamped
cosignature of a witness.

Spec: C2SP signed-note; C2SP tlog-cosignature (Ed25519, cosignature/v1).
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import vkey
from evidence.errors import TrustError
from evidence.log.errors import LogFormError, NoteSignatureError
from evidence.vkey import VerifierKey
from kernel.clock import as_utc

LOG, WITNESS = vkey.ED25519, vkey.COSIGNATURE
"""Signature types: Ed25519 by a log, timestamped Ed25519 cosignature by a witness."""
MAX_BYTES = 65_536
MAX_SIGNATURES = 64
MAX_TIME = 253_402_300_799
"""Last second of the year 9999."""
_DASH = "\u2014 "
_KEY_ID, _TIME, _ED25519 = 4, 8, 64


def unbase64(text: str, what: str) -> bytes:
    """Bytes of standard base64 in its one form (padded, no unused bits).

    Raises:
        LogFormError: another form; ``what`` names the place.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogFormError(f"expected base64 in {what}, got {text[:80]!r}") from error
    if base64.b64encode(data).decode() != text:
        raise LogFormError(f"expected base64 in its one form in {what}, got {text[:80]!r}")
    return data


def require_name(name: str) -> str:
    """A key name, if it is of the kind that every verifier reads (narrower than the specification asks).

    Raises:
        LogFormError: empty, longer than 120, or with other than letters, digits and ``._~:/-``.
    """
    if not vkey.NAME.fullmatch(name):
        raise LogFormError(f"expected a key name of letters, digits and ._~:/-, got {name[:160]!r}")
    return name


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: of the key. key_id: 4 bytes. value: what follows the key id, raw.
    """

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """The line, with line feed."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note, read. ``text`` ends in a line feed; nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def render(self) -> bytes:
        """The bytes of the note, in its one form."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class Statement:
    """A signature that holds.

    Attributes:
        message: the bytes that were signed. signature: 64 raw bytes of Ed25519.
        at: when a witness signed, aware UTC; none for a log.
    """

    name: str
    message: bytes
    signature: bytes
    at: datetime | None


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key, one line without line feed.

    Raises:
        LogFormError: another form, another algorithm, or a key id that does not belong.
    """
    try:
        return vkey.parse(text)
    except TrustError as error:
        raise LogFormError(error.message) from error


def verifier_key(name: str, algorithm: int, key: Ed25519PublicKey) -> VerifierKey:
    """The verifier key of a public key.

    Raises:
        LogFormError: a name that may not stand in a note.
    """
    return VerifierKey(require_name(name), algorithm, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def parse_signature(line: str) -> Signature:
    """Read one signature line, without line feed.

    Raises:
        LogFormError: another form.
    """
    name, space, material = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise LogFormError(f"expected a signature line, got {line[:120]!r}")
    data = unbase64(material, "a signature line")
    if len(data) <= _KEY_ID:
        raise LogFormError(f"expected a key id and a signature, got {len(data)} bytes")
    return Signature(require_name(name), data[:_KEY_ID], data[_KEY_ID:])


def parse(data: bytes) -> Note:
    """Read a note.

    Raises:
        LogFormError: not in its one form: no UTF-8, control characters, no blank line before the
            signatures, no signature, two of one key, too long.
    """
    if len(data) > MAX_BYTES:
        raise LogFormError(f"expected at most {MAX_BYTES} bytes in a note, got {len(data)}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LogFormError("expected UTF-8 in a note, got other bytes") from error
    if any(mark < " " and mark != "\n" for mark in text):
        raise LogFormError("expected no control characters in a note, got some")
    body, blank, below = text.rpartition("\n\n")
    if not blank or not below.endswith("\n") or not body:
        raise LogFormError("expected a text, an empty line and signatures, got no such note")
    signatures = tuple(parse_signature(line) for line in below[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise LogFormError(f"expected at most {MAX_SIGNATURES} signatures, got {len(signatures)}")
    if len({(signature.name, signature.key_id) for signature in signatures}) != len(signatures):
        raise LogFormError("expected one signature of each key, got two of one")
    return Note(body + "\n", signatures)


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """The log's signature over a text that ends in a line feed. Spec: C2SP signed-note (type 0x01).

    Raises:
        LogFormError: a name that may not stand in a note.
    """
    return Signature(name, verifier_key(name, LOG, key.public_key()).key_id, key.sign(text.encode()))


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: datetime) -> Signature:
    """A witness's cosignature over the text of a checkpoint. Spec: C2SP tlog-cosignature (type 0x04).

    Args:
        text: ends in a line feed. at: aware UTC; whole seconds are signed.

    Raises:
        LogFormError: a name that may not stand in a note.
    """
    seconds = int(as_utc(at).timestamp())
    value = seconds.to_bytes(_TIME, "big") + key.sign(_cosigned(text, seconds))
    return Signature(name, verifier_key(name, WITNESS, key.public_key()).key_id, value)


def claimed_time(signature: Signature) -> datetime | None:
    """When a witness's line says that it was made, aware UTC; unverified; none where it is no such line."""
    seconds = int.from_bytes(signature.value[:_TIME], "big")
    if len(signature.value) != _TIME + _ED25519 or not 0 < seconds <= MAX_TIME:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def verify(note: Note, key: VerifierKey) -> Statement | None:
    """What a known key says in a note; none when it says nothing.

    Raises:
        NoteSignatureError: there is a line of that key, and it does not hold.
    """
    for signature in note.signatures:
        if (signature.name, signature.key_id) == (key.name, key.key_id):
            return _verify_line(note.text, signature, key)
    return None


def _verify_line(text: str, signature: Signature, key: VerifierKey) -> Statement:
    at, message, value = None, text.encode(), signature.value
    if key.algorithm == WITNESS:
        seconds, value = int.from_bytes(value[:_TIME], "big"), value[_TIME:]
        if not 0 < seconds <= MAX_TIME:
            raise NoteSignatureError(f"expected a time in the cosignature of {key.name}, got {seconds}")
        at, message = datetime.fromtimestamp(seconds, UTC), _cosigned(text, seconds)
    try:
        if len(value) != _ED25519:
            raise NoteSignatureError(f"expected 64 bytes of signature of {key.name}, got {len(value)}")
        key.public_key.verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteSignatureError(
            f"expected the signature of {key.name} to hold over the note, got one that does not",
            hint="Do not rely on this note. Get it again from the log, and keep this one.",
        ) from error
    return Statement(key.name, message, value, at)
