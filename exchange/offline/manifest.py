"""The manifest of a package: what is in it, in which volumes, from whom, for whom, after which one.

Nothing in a package is compressed, so its size is known from the signed manifest before a byte is written: content,
chunks and volumes have to add up exactly, which leaves no room for a bomb.

Spec: GB/T 21062.4-2007 (exchange by file); RFC 8493 section 2 (closed world of named files with digests).
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange.offline.errors import ManifestError
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json
from kernel.errors import ClockError

FORMAT = "wangjian-offline-1"
MANIFEST_NAME = "package.json"
GENESIS = "0" * 64
CHUNK_BYTES = 4 << 20
CHUNK_EXTRA = 28
"""Nonce and tag of an encrypted chunk."""
MAX_MANIFEST_BYTES = 32 << 20
MAX_ENTRIES = 100_000
MAX_VOLUMES = 9_999
MAX_BYTES = 1 << 40
ENTRY_NAME = re.compile(r"(?:files/)?[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
PACKAGE_ID = re.compile(r"[0-9]{6,8}-[0-9]{6,8}-[0-9]{6}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
FIELDS = frozenset(
    {
        "at", "chunk_bytes", "classification", "entries", "format", "id", "messages", "number", "prev_sha256",
        "purpose", "receiver", "sealed_key", "sender", "suite", "volumes",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the content. Attributes: name: relative, see ``ENTRY_NAME``. size: bytes. sha256: hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Volume:
    """One file of the package. Attributes: size: bytes. sha256: hex. chunks: how many it holds."""

    name: str
    size: int
    sha256: str
    chunks: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is said of a package, and signed.

    Attributes:
        id: ``<sender>-<receiver>-<number>``. number: from 1 on without a gap. prev_sha256: digest of the manifest
            before. messages: how many messages it carries. sealed_key: content key, for the receiver alone.
    """

    id: str
    number: int
    prev_sha256: str
    sender: str
    receiver: str
    suite: str
    at: datetime
    purpose: str
    classification: str
    messages: int
    sealed_key: bytes
    chunk_bytes: int
    entries: tuple[Entry, ...]
    volumes: tuple[Volume, ...]

    def content_bytes(self) -> int:
        """Size of the plain content."""
        return sum(entry.size for entry in self.entries)

    def chunks(self) -> int:
        """How many encrypted chunks there are; one at least."""
        return max(1, -(-self.content_bytes() // self.chunk_bytes))

    def text(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical_json(
            {
                "at": iso(self.at),
                "chunk_bytes": self.chunk_bytes,
                "classification": self.classification,
                "entries": [[one.name, one.size, one.sha256] for one in self.entries],
                "format": FORMAT,
                "id": self.id,
                "messages": self.messages,
                "number": self.number,
                "prev_sha256": self.prev_sha256,
                "purpose": self.purpose,
                "receiver": self.receiver,
                "sealed_key": base64.b64encode(self.sealed_key).decode(),
                "sender": self.sender,
                "suite": self.suite,
                "volumes": [[one.name, one.size, one.sha256, one.chunks] for one in self.volumes],
            }
        )


def package_id(sender: str, receiver: str, number: int) -> str:
    """The id of a package. Args: organisation codes of six or eight digits; number from 1 on."""
    return f"{sender}-{receiver}-{number:06d}"


def volume_name(place: int) -> str:
    """Name of a volume. Args: place: from 1 on."""
    return f"volume-{place:04d}.bin"


def chunk_binding(package: str, place: int, *, is_last: bool) -> bytes:
    """What a chunk is bound to, so that none can be moved, dropped or added. Args: place: from 0 on."""
    return canonical_json(["chunk", package, place, is_last])


def read_manifest(text: bytes) -> Manifest:
    """A manifest as it came, with everything in it added up.

    Raises:
        ManifestError: not canonical, not understood, or beyond a limit.
    """
    try:
        body = json.loads(text)
        canonical = canonical_json(body)
    except (ValueError, RecursionError) as error:
        raise ManifestError("expected a manifest in canonical JSON, got another form") from error
    if not isinstance(body, dict) or set(body) != FIELDS or canonical != text or body["format"] != FORMAT:
        raise ManifestError(f"expected a manifest of the form {FORMAT}, got another one")
    found = _build(body)
    _require_sums(found)
    return found


def _build(body: Mapping[str, object]) -> Manifest:
    sender, receiver = _text(body, "sender", 8), _text(body, "receiver", 8)
    number = _whole(body["number"], 999_999)
    if number < 1 or body["id"] != package_id(sender, receiver, number) or not PACKAGE_ID.fullmatch(str(body["id"])):
        raise ManifestError(f"expected the id of a package, got {str(body['id'])[:60]!r}")
    try:
        sealed_key = base64.b64decode(_text(body, "sealed_key", 4_000), validate=True)
        at = parse_iso(_text(body, "at", 40))
    except (ValueError, ClockError) as error:
        raise ManifestError("expected a sealed key in base64 and a time, got others") from error
    return Manifest(
        id=package_id(sender, receiver, number),
        number=number,
        prev_sha256=_digest(body["prev_sha256"]),
        sender=sender,
        receiver=receiver,
        suite=_text(body, "suite", 40),
        at=at,
        purpose=_text(body, "purpose", 1_000),
        classification=_text(body, "classification", 20),
        messages=_whole(body["messages"], 10_000_000),
        sealed_key=sealed_key,
        chunk_bytes=_whole(body["chunk_bytes"], 64 << 20),
        entries=tuple(_entry(item) for item in _list(body, "entries", MAX_ENTRIES)),
        volumes=tuple(_volume(item) for item in _list(body, "volumes", MAX_VOLUMES)),
    )


def _require_sums(found: Manifest) -> None:
    names = [one.name for one in found.entries]
    if len(set(names)) != len(names) or not names:
        raise ManifestError("expected each file of the content once, got one twice or none")
    if found.chunk_bytes < 1 or found.content_bytes() > MAX_BYTES:
        raise ManifestError(f"expected at most {MAX_BYTES} bytes in chunks, got another size")
    if [one.name for one in found.volumes] != [volume_name(place + 1) for place in range(len(found.volumes))]:
        raise ManifestError("expected volumes in their order, got others")
    if any(one.chunks < 1 for one in found.volumes) or sum(one.chunks for one in found.volumes) != found.chunks():
        raise ManifestError("expected volumes that hold every chunk once, got another number")
    sizes = chunk_sizes(found)
    for one in found.volumes:
        if one.size != sum(next(sizes) for _ in range(one.chunks)):
            raise ManifestError(f"expected the size of {one.name} to follow from its chunks, got {one.size}")


def chunk_sizes(found: Manifest) -> Iterator[int]:
    """The size of every encrypted chunk, in order."""
    left = found.content_bytes()
    for _ in range(found.chunks()):
        size = min(left, found.chunk_bytes)
        left -= size
        yield size + CHUNK_EXTRA


def _text(body: Mapping[str, object], name: str, most: int) -> str:
    value = body[name]
    if not isinstance(value, str) or len(value) > most:
        raise ManifestError(f"expected a text of at most {most} characters as {name}, got another value")
    return value


def _whole(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ManifestError(f"expected a whole number up to {most}, got {str(value)[:40]!r}")
    return value


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ManifestError(f"expected 64 hex digits, got {str(value)[:80]!r}")
    return value


def _list(body: Mapping[str, object], name: str, most: int) -> list[object]:
    value = body[name]
    if not isinstance(value, list) or len(value) > most:
        raise ManifestError(f"expected a list of at most {most} as {name}, got another value")
    return value


def _entry(item: object) -> Entry:
    if not isinstance(item, list) or len(item) != 3 or not isinstance(item[0], str):
        raise ManifestError("expected a file as name, size and digest, got another form")
    if not ENTRY_NAME.fullmatch(item[0]):
        raise ManifestError(f"expected a plain file name, got {item[0][:80]!a}")
    return Entry(item[0], _whole(item[1], MAX_BYTES), _digest(item[2]))


def _volume(item: object) -> Volume:
    if not isinstance(item, list) or len(item) != 4 or not isinstance(item[0], str):
        raise ManifestError("expected a volume as name, size, digest and chunks, got another form")
    return Volume(item[0], _whole(item[1], MAX_BYTES), _digest(item[2]), _whole(item[3], 10_000_000))
