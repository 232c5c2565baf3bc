"""An archive read back record by record, as far as its records are whole.

Spec: ISO 28500:2017 (WARC/1.1) section 4; RFC 1952 (one gzip member a record).
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crawlers.capture.difference import decode, title_of
from crawlers.capture.warc import IndexLine, WarcWriter
from kernel.clock import parse_iso
from kernel.crypto import sha256_hex

STEP_BYTES = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        kind: WARC-Type, but ``dns`` for the answer to a name; then ``url`` is the name.
        date: as written. address, protocols, cipher: of the connection. status, mime, location, title, payload: of a
            response. answers: of a name.
    """

    kind: str
    url: str
    date: str
    address: str = ""
    protocols: tuple[str, ...] = ()
    cipher: str = ""
    status: int = 0
    mime: str = ""
    location: str = ""
    title: str = ""
    payload: bytes = b""
    payload_sha256: str = ""
    answers: tuple[dict[str, object], ...] = ()


def replay(data: bytes, writer: WarcWriter) -> Iterator[Record]:
    """Read whole records from the beginning, and hand each to a writer that counts, chains and indexes it.

    The first record that is cut or does not fit its own digest ends the reading.
    """
    while writer.size < len(data):
        member = _member(memoryview(data)[writer.size :])
        if member is None:
            return
        raw, length = member
        fields, block = _parts(raw)
        if fields is None:
            return
        offset = writer.size
        digest = writer.append(data[offset : offset + length])
        record = _record(fields, block)
        if record.kind == "response" and "WARC-Payload-Digest" in fields:
            at = parse_iso(record.date)
            shown = (record.url, at, record.status, record.mime)
            writer.index.append(IndexLine(*shown, record.payload_sha256, digest.hex(), offset, length))
        yield record


def _member(data: memoryview) -> tuple[bytes, int] | None:
    """The first gzip member, unpacked, and its packed length; None where it is not whole."""
    unpack = zlib.decompressobj(31)
    parts, taken = [], 0
    try:
        while not unpack.eof and taken < len(data):
            parts.append(unpack.decompress(data[taken : taken + STEP_BYTES]))
            taken = min(taken + STEP_BYTES, len(data))
    except zlib.error:
        return None
    return (b"".join(parts), taken - len(unpack.unused_data)) if unpack.eof else None


def _parts(raw: bytes) -> tuple[dict[str, list[str]] | None, bytes]:
    """Header fields and block of a record; None where it is not whole."""
    head, found, rest = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    fields: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.strip())
    try:
        size = int(_one(fields, "Content-Length"))
    except ValueError:
        return None, b""
    whole = bool(found) and first == "WARC/1.1" and len(rest) == size + 4
    if not whole or _one(fields, "WARC-Block-Digest") != f"sha256:{sha256_hex(rest[:size])}":
        return None, b""
    return fields, rest[:size]


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _record(fields: Mapping[str, list[str]], block: bytes) -> Record:
    kind, url = _one(fields, "WARC-Type"), _one(fields, "WARC-Target-URI")
    date, address = _one(fields, "WARC-Date"), _one(fields, "WARC-IP-Address")
    if url.startswith("dns:"):
        return Record("dns", url.removeprefix("dns:"), date, address or "system", answers=_answers(block))
    protocols, cipher = tuple(fields.get("WARC-Protocol", ())), _one(fields, "WARC-Cipher-Suite")
    if kind != "response":
        return Record(kind, url, date, address, protocols, cipher)
    head, _, payload = block.partition(b"\r\n\r\n")
    status = _STATUS.match(head)
    headers = _headers(head)
    mime = headers.get("content-type", "").partition(";")[0].strip() or "application/octet-stream"
    title = title_of(decode(payload, headers.get("content-type", ""))) if "html" in mime else ""
    return Record(
        kind,
        url,
        date,
        address,
        protocols,
        cipher,
        int(status.group(1)) if status else 0,
        mime,
        headers.get("location", ""),
        title,
        payload,
        sha256_hex(payload),
    )


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _answers(block: bytes) -> tuple[dict[str, object], ...]:
    """Addresses of a text/dns block as :func:`crawlers.capture.records.write_dns` wrote it."""
    found: list[dict[str, object]] = []
    for line in block.decode("ascii", "replace").split("\r\n")[1:]:
        parts = line.split()
        if len(parts) in {4, 5}:
            found.append({"address": parts[-1], "ttl": int(parts[1]) if len(parts) == 5 else None})
    return tuple(found)
