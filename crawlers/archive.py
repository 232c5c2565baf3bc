"""The archive of crawled pages: WARC files, one gzip member a record.

A process writes its own files and never opens another's. A row in the database points at a
record only after the bytes are on the disk; a half-written tail left by a crash has no row.

Spec: ISO 28500:2017 (WARC/1.1).
"""

import os
import random
import secrets
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from isal import igzip

from crawlers.errors import ArchiveError
from kernel.clock import as_utc

ROTATE_BYTES = 1_000_000_000
LEVEL = 1
CHUNK_BYTES = 65_536
SKIPPED_HEADERS = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they are archived.

    Attributes:
        url: address that was asked.
        at: when the answer was complete (aware UTC).
        request: request line and headers, bytes as sent; empty for a rendered page.
        status: HTTP status. headers: of the answer, as received.
        body: decoded body bytes. body_sha256: of the body, hex.
        address: ``ip:port`` of the connection, empty where unknown.
        rendered: the body is a page's DOM after its scripts ran, not an answer of the server.
    """

    url: str
    at: datetime
    request: bytes
    status: int
    headers: Headers
    body: bytes
    body_sha256: str
    address: str = ""
    rendered: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is: file name below the pages folder, and byte offset of its gzip member."""

    file: str
    offset: int


class Archive:
    """Writes the WARC files of one process run.

    Effects: makes files ``crawl-<time>-<pid>-<random>.warc.gz`` in ``folder``, the first time one is needed.
    """

    def __init__(self, folder: Path, *, at: datetime, software: str, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._stamp = as_utc(at)
        self._software = software
        self._rotate_bytes = rotate_bytes
        self._descriptor = -1
        self._name = ""
        self._size = 0
        self._dirty = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def append(self, exchange: Exchange) -> Place:
        """Write one exchange; on disk for certain only after :meth:`sync`.

        Returns:
            The place of the answer's record.

        Raises:
            ArchiveError: the disk is full or cannot be written.
        """
        if self._descriptor < 0 or self._size >= self._rotate_bytes:
            self._open()
        place = Place(self._name, self._size)
        self._write(b"".join(igzip.compress(record, LEVEL) for record in _records(exchange)))
        return place

    def sync(self) -> None:
        """Put everything appended so far on the disk. Call it before the transaction that points at it.

        Raises:
            ArchiveError: the disk did not take it.
        """
        if not self._dirty:
            return
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise _disk_error(self._name, error) from error
        self._dirty = False

    def close(self) -> None:
        """Sync and close the current file."""
        if self._descriptor >= 0:
            self.sync()
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self.close()
        self._name = f"crawl-{self._stamp:%Y%m%dT%H%M%SZ}-{os.getpid()}-{secrets.token_hex(4)}.warc.gz"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._descriptor = os.open(self._folder / self._name, flags, 0o640)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _disk_error(self._name, error) from error
        self._size = 0
        info = f"software: {self._software}\r\nformat: WARC File Format 1.1\r\n".encode()
        self._write(igzip.compress(_warcinfo(self._name, self._stamp, info), LEVEL))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                written = os.write(self._descriptor, view)
                self._size += written
                view = view[written:]
        except OSError as error:
            raise _disk_error(self._name, error) from error
        self._dirty = True


def _disk_error(name: str, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"expected to write {name}, got: {error.strerror}",
        hint="Check that the data folder has room and may be written; pages not yet recorded are fetched again.",
        context={"errno": error.errno},
    )


def _record(kind: str, fields: Sequence[tuple[str, str]], block: bytes, record_id: str) -> bytes:
    lines = [f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {record_id}\r\n"]
    lines.extend(f"{name}: {value}\r\n" for name, value in fields)
    lines.append(f"WARC-Block-Digest: sha256:{sha256(block).hexdigest()}\r\nContent-Length: {len(block)}\r\n\r\n")
    return b"".join(("".join(lines).encode(), block, b"\r\n\r\n"))


_CHANCE = random.Random(secrets.randbits(256))  # noqa: S311 - names, no secrets; seeded from the system's generator

os.register_at_fork(after_in_child=lambda: _CHANCE.seed(secrets.randbits(256)))


def _record_id() -> str:
    """A random UUID of version 4, without a call to the system for each."""
    return f"<urn:uuid:{uuid.UUID(int=_CHANCE.getrandbits(128), version=4)}>"


def _warcinfo(name: str, at: datetime, block: bytes) -> bytes:
    fields = (
        ("WARC-Date", f"{at:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    )
    return _record("warcinfo", fields, block, _record_id())


def _records(exchange: Exchange) -> list[bytes]:
    date = as_utc(exchange.at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    common = [("WARC-Date", date), ("WARC-Target-URI", exchange.url)]
    if exchange.address:
        common.append(("WARC-IP-Address", exchange.address.rpartition(":")[0].strip("[]")))
    payload = ("WARC-Payload-Digest", f"sha256:{exchange.body_sha256}")
    answer_id = _record_id()
    if exchange.rendered:
        fields = [*common, payload, ("Content-Type", "text/html; charset=utf-8")]
        return [_record("resource", fields, exchange.body, answer_id)]
    block = http_head(exchange.status, exchange.headers, len(exchange.body)) + exchange.body
    fields = [*common, payload, ("Content-Type", "application/http; msgtype=response")]
    asked = [*common, ("WARC-Concurrent-To", answer_id), ("Content-Type", "application/http; msgtype=request")]
    return [_record("response", fields, block, answer_id), _record("request", asked, exchange.request, _record_id())]


def http_head(status: int, headers: Headers, size: int) -> bytes:
    """Status line and headers of a decoded answer.

    The body is kept decoded, so the headers that spoke of its transfer form are renamed
    ``X-Received-…`` and a true Content-Length is added.
    """
    lines = [b"HTTP/1.1 %d \r\n" % status]
    for name, value in headers:
        clean = value.replace(b"\r", b" ").replace(b"\n", b" ")
        prefix = b"X-Received-" if name.lower() in SKIPPED_HEADERS else b""
        lines.append(b"%s%s: %s\r\n" % (prefix, name, clean))
    lines.append(b"Content-Length: %d\r\n\r\n" % size)
    return b"".join(lines)


def read_body(pages_path: Path, warc_file: str, offset: int) -> bytes:
    """Body of one archived page, checked against the digests in its record.

    Args:
        pages_path: ``Settings.pages_path()``.
        warc_file: plain file name from the page's row.
        offset: byte offset from the page's row.

    Raises:
        ArchiveError: no such file or record, or the bytes are not the ones that were written.
    """
    if not warc_file or Path(warc_file).name != warc_file:
        raise ArchiveError(f"expected a file name, got {warc_file!r}", hint="The page kept no record of its own.")
    try:
        record = _member(pages_path / warc_file, offset)
    except (OSError, zlib.error) as error:
        raise ArchiveError(f"expected a record in {warc_file} at {offset}, got: {error}", hint=_RESTORE) from error
    head, _, rest = record.partition(b"\r\n\r\n")
    fields = _fields(head)
    block = rest[: int(fields.get("content-length", "0"))]
    _check_digest(block, fields.get("warc-block-digest", ""), warc_file, offset)
    if fields.get("warc-type") == "response":
        block = block.partition(b"\r\n\r\n")[2]
    _check_digest(block, fields.get("warc-payload-digest", ""), warc_file, offset)
    return block


_RESTORE = "The archive was changed or the disk is failing; restore the file from a backup."


def _member(path: Path, offset: int) -> bytes:
    """The gzip member that starts at ``offset``, decompressed."""
    unpacker = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    with path.open("rb") as stream:
        stream.seek(offset)
        while not unpacker.eof:
            chunk = stream.read(CHUNK_BYTES)
            if not chunk:
                raise ArchiveError(f"expected a whole record in {path.name} at {offset}, got its end", hint=_RESTORE)
            parts.append(unpacker.decompress(chunk))
    return b"".join(parts)


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _check_digest(data: bytes, expected: str, warc_file: str, offset: int) -> None:
    got = f"sha256:{sha256(data).hexdigest()}"
    if got != expected:
        raise ArchiveError(
            f"expected the digest {expected or 'of a record'}, got {got} in {warc_file} at {offset}", hint=_RESTORE
        )
