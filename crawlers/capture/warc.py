"""WARC records and the index beside them.

Spec: ISO 28500:2017 (WARC/1.1); WARC-Protocol and WARC-Cipher-Suite as proposed by IIPC; the record
for a name follows RFC 4501 (``dns:``) and RFC 4027 (``text/dns``).
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from urllib.parse import urlsplit

from isal import igzip

from kernel.crypto import canonical_json, sha256_hex

LEVEL = 1
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One line of the index: where the answer for a URL is."""

    url: str
    at: datetime
    status: int
    mime: str
    payload_digest: str
    record_digest: str
    offset: int
    length: int


class WarcWriter:
    """Writes gzip members, one a record, to a file as they come.

    Args:
        name: of the WARC file, for the index. sink: takes the members.

    Attributes:
        index: one line an answer.
        chain: running hash over the members: ``sha256(previous 32 bytes + sha256(member))``, so that
            no record can be taken out, added or moved without the head changing.
        count: records written. size: bytes written.
    """

    def __init__(self, name: str, sink: BinaryIO) -> None:
        self.index: list[IndexLine] = []
        self.chain = bytes(32)
        self.count = 0
        self.size = 0
        self._name = name
        self._sink = sink
        self._running = hashlib.sha256()
        self._last = b""

    def digest(self) -> str:
        """SHA-256 of everything written so far, hex."""
        return self._running.copy().hexdigest()

    def write(self, kind: str, fields: Fields, block: bytes, payload: bytes | None = None) -> str:
        """Append one record.

        Args:
            kind: WARC-Type. fields: further header fields, WARC-Date among them.
            block: the content. payload: what WARC-Payload-Digest is over, where the kind has one.

        Returns:
            the record id.
        """
        record_id = f"<urn:uuid:{uuid.uuid4()}>"
        lines = [f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {record_id}\r\n"]
        lines.extend(f"{name}: {value}\r\n" for name, value in fields)
        if payload is not None:
            lines.append(f"WARC-Payload-Digest: sha256:{sha256_hex(payload)}\r\n")
        lines.append(f"WARC-Block-Digest: sha256:{sha256_hex(block)}\r\nContent-Length: {len(block)}\r\n\r\n")
        member = igzip.compress(b"".join(("".join(lines).encode(), block, b"\r\n\r\n")), LEVEL)
        self._last = self.append(member)
        return record_id

    def append(self, member: bytes) -> bytes:
        """Append a whole gzip member as it is. Returns: its SHA-256, raw."""
        self._sink.write(member)
        self.size += len(member)
        self._running.update(member)
        digest = hashlib.sha256(member).digest()
        self.chain = hashlib.sha256(self.chain + digest).digest()
        self.count += 1
        return digest

    def write_answer(self, fields: Fields, block: bytes, payload: bytes, line: tuple[str, datetime, int, str]) -> str:
        """Append a response record and its index line.

        Args:
            line: URL, time, status and media type for the index.
        """
        offset = self.size
        record_id = self.write("response", fields, block, payload)
        url, at, status, mime = line
        self.index.append(
            IndexLine(url, at, status, mime, sha256_hex(payload), self._last.hex(), offset, self.size - offset)
        )
        return record_id

    def cdxj(self) -> bytes:
        """The index in CDXJ form, sorted by key."""
        lines = []
        for line in self.index:
            entry = {
                "url": line.url,
                "digest": f"sha256:{line.payload_digest}",
                "mime": line.mime,
                "offset": line.offset,
                "length": line.length,
                "recordDigest": f"sha256:{line.record_digest}",
                "status": line.status,
                "filename": self._name,
            }
            head = f"{search_key(line.url)} {line.at:%Y%m%d%H%M%S}{line.at.microsecond // 1000:03d} "
            lines.append(head.encode() + canonical_json(entry) + b"\n")
        return b"".join(sorted(lines))


def search_key(url: str) -> str:
    """Sort-friendly form of a URL: ``https://www.Example.com:81/A?b`` is ``com,example)/a?b``-like.

    Host labels reversed, ``www.`` dropped, port kept where it is not the scheme's own, path and
    query in lower case, query arguments sorted.
    """
    parts = urlsplit(url)
    labels = (parts.hostname or "").removeprefix("www.").split(".")
    numeric = labels[-1].isdigit() or ":" in labels[-1]
    host = ".".join(labels) if numeric else ",".join(reversed(labels))
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != usual else ""
    path = (parts.path or "/").lower()
    query = "?" + "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    return f"{host}{port}){path}{query}".replace(" ", "%20")


def warc_fields(pairs: Fields) -> bytes:
    """Block of type application/warc-fields."""
    return "".join(f"{name}: {value}\r\n" for name, value in pairs).encode()


def warc_date(at: datetime) -> str:
    """WARC-Date with microseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
