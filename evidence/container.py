"""The one zip form of a package: stored entries in name order and nothing else.

Every byte of the container follows from the names and contents, so that a changed byte shows even
where ordinary unzip tools do not look (times, flags, extra fields, gaps, comments).

Form: local headers and data of all entries, in ascending byte order of their names, without gaps;
the central directory in the same order; the end record without comment. Method stored, no flags,
time 1980-01-01, version 10 made on Unix, mode 0100644, no extra fields, sizes below 4 GiB.

Spec: PKWARE APPNOTE 6.3.9 sections 4.3.7, 4.3.12, 4.3.16.
"""

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evidence import names
from evidence.errors import PackageError, PackageUnreadableError
from kernel.crypto import CHUNK_BYTES

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
VERSION = 10
UNIX = 3 << 8
DATE_1980 = 0x21
MODE = 0o100644 << 16
KIND_MASK = 0o170000 << 16
LIMIT = 0xFFFFFFFF
MAX_ENTRIES = 10_000
MAX_COMMENT = 0xFFFF
# The directory is read into memory: a stated length beyond what our names need is refused unread.
MAX_CENTRAL = CENTRAL.size + 4_096

Source = Path | bytes | Callable[[], BinaryIO]
"""Where the bytes of a file come from: a file, memory, or a function that opens a stream."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a container. offset: of its first data byte. crc: CRC-32 as stated."""

    name: str
    size: int
    crc: int
    offset: int


class ContainerRefusedError(PackageError):
    """The container breaks its form; ``code`` in the context is the step code (E110 to E114)."""

    code = "evidence.container"

    def __init__(self, step_code: str, message: str) -> None:
        super().__init__(message, hint="Ask for the package again from its sender.", context={"step_code": step_code})
        self.step_code = step_code


def local_header(name: bytes, size: int, crc: int) -> bytes:
    """The one local header for an entry."""
    return LOCAL.pack(LOCAL_MARK, VERSION, 0, 0, 0, DATE_1980, crc, size, size, len(name), 0) + name


def central_header(name: bytes, size: int, crc: int, offset: int) -> bytes:
    """The one central directory entry; offset is that of the local header."""
    head = (CENTRAL_MARK, UNIX | VERSION, VERSION, 0, 0, 0, DATE_1980, crc, size, size)
    return CENTRAL.pack(*head, len(name), 0, 0, 0, 0, MODE, offset) + name


def opened(source: Source) -> BinaryIO:
    """A source as a stream; close it."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return source.open("rb") if isinstance(source, Path) else source()


def write(target: BinaryIO, entries: Iterable[tuple[str, Source]]) -> dict[str, str]:
    """Write a container. Nothing is read back or sought, so that a hash can be taken as it is written.

    Args:
        target: an empty binary file. entries: name and source of each member, in any order.

    Returns:
        name to SHA-256 (hex) of the bytes that were written.

    Raises:
        ContainerRefusedError: a name that is not allowed, doubled or colliding; too big.
        OSError: as the file system says.
    """
    ordered = sorted(entries, key=lambda entry: entry[0])
    names.require_distinct([name for name, _ in ordered], _refuse)
    directory: list[bytes] = []
    written: dict[str, str] = {}
    offset = 0
    for name, source in ordered:
        names.require_safe(name, _refuse)
        raw = name.encode("ascii")
        size, crc = _measure(source)
        header = local_header(raw, size, crc)
        directory.append(central_header(raw, size, crc, offset))
        target.write(header)
        offset += len(header) + size
        if offset > LIMIT:
            raise ContainerRefusedError("E110", f"expected a package below 4 GiB, got more at {name}")
        copied_size, copied_crc, written[name] = _copy(source, target)
        if (copied_size, copied_crc) != (size, crc):
            raise ContainerRefusedError("E110", f"expected {name} to stand still while it is packed, got other bytes")
    central = b"".join(directory)
    target.write(central + END.pack(END_MARK, 0, 0, len(directory), len(directory), len(central), offset, 0))
    return written


def _measure(source: Source) -> tuple[int, int]:
    size = crc = 0
    with opened(source) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
    return size, crc


def _copy(source: Source, target: BinaryIO) -> tuple[int, int, str]:
    size = crc = 0
    digest = hashlib.sha256()
    with opened(source) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            digest.update(chunk)
            target.write(chunk)
    return size, crc, digest.hexdigest()


def _refuse(step_code: str, message: str) -> ContainerRefusedError:
    return ContainerRefusedError(step_code, message)


def _end_record(stream: BinaryIO, size: int) -> tuple[int, int, int]:
    """Number of entries, offset and size of the central directory.

    Raises:
        PackageUnreadableError: no end record. ContainerRefusedError: one, but not as the last bytes.
    """
    start = max(0, size - END.size - MAX_COMMENT)
    stream.seek(start)
    tail = stream.read(END.size + MAX_COMMENT)
    place = tail.rfind(END_MARK)
    while place >= 0:
        if place + END.size <= len(tail):
            fields = END.unpack_from(tail, place)
            length, offset = fields[5], fields[6]
            last = start + place + END.size == size
            # Inside a member (a WACZ is a zip) there are end records too: theirs do not fit our offsets.
            if last or offset + length == start + place:
                break
        place = tail.rfind(END_MARK, 0, place)
    else:
        raise PackageUnreadableError(
            "expected a zip file with an end record, got none: cut short, or not a package",
            hint="Copy or download the file again and compare its size with the sender's.",
        )
    if not last or fields[7] or (fields[1], fields[2]) != (0, 0) or fields[3] != fields[4]:
        raise ContainerRefusedError("E110", "expected the end record as the last 22 bytes, got extra or changed bytes")
    if offset + length + END.size != size:
        raise ContainerRefusedError("E110", "expected the directory right before the end record, got another place")
    return fields[4], offset, length


def _raw_entries(directory: bytes, count: int) -> Iterator[tuple[bytes, tuple[int, ...], bytes]]:
    """Name, number fields and whole bytes of each central entry, without believing any of it."""
    offset = 0
    for _ in range(count):
        if directory[offset : offset + 4] != CENTRAL_MARK or offset + CENTRAL.size > len(directory):
            raise ContainerRefusedError("E110", "expected as many directory entries as stated, got damage")
        fields = CENTRAL.unpack_from(directory, offset)
        end = offset + CENTRAL.size + fields[10] + fields[11] + fields[12]
        name = directory[offset + CENTRAL.size : offset + CENTRAL.size + fields[10]]
        yield name, fields[1:], directory[offset:end]
        offset = end
    if offset != len(directory):
        raise ContainerRefusedError("E110", "expected the directory to end with its last entry, got more")


def _member(name: bytes, fields: Sequence[int], offset: int) -> Member:
    text = name.decode("latin-1")
    names.require_safe(text, _refuse)
    method, crc, packed, size, attributes = fields[3], fields[6], fields[7], fields[8], fields[14]
    if attributes & KIND_MASK != MODE & KIND_MASK:
        raise ContainerRefusedError("E113", f"expected a regular file, got a link or other kind: {text}")
    if method or packed != size:
        raise ContainerRefusedError("E114", f"expected a stored entry, got a compressed one: {text}")
    return Member(text, size, crc, offset + LOCAL.size + len(name))


def read_index(stream: BinaryIO) -> tuple[Member, ...]:
    """The members of a container whose form is right to the last byte (contents apart).

    Raises:
        PackageUnreadableError: not a zip, or cut short.
        ContainerRefusedError: a zip in another form than ours.
    """
    size = stream.seek(0, 2)
    count, directory_offset, length = _end_record(stream, size)
    if count > MAX_ENTRIES or length > count * MAX_CENTRAL:
        raise ContainerRefusedError(
            "E110", f"expected at most {MAX_ENTRIES} entries in a small directory, got {count} in {length} bytes"
        )
    stream.seek(directory_offset)
    members: list[Member] = []
    found = list(_raw_entries(stream.read(length), count))
    names.require_distinct([name.decode("latin-1") for name, _, _ in found], _refuse)
    offset = 0
    for name, fields, raw in found:
        member = _member(name, fields, offset)
        if raw != central_header(name, member.size, member.crc, offset):
            raise ContainerRefusedError(
                "E110", f"expected the one form of a directory entry, got another: {member.name}"
            )
        stream.seek(offset)
        if stream.read(LOCAL.size + len(name)) != local_header(name, member.size, member.crc):
            raise ContainerRefusedError("E110", f"expected the one form of a local header, got another: {member.name}")
        if members and members[-1].name >= member.name:
            raise ContainerRefusedError("E110", f"expected entries in name order, got {member.name}")
        members.append(member)
        offset = member.offset + member.size
    if offset != directory_offset:
        raise ContainerRefusedError("E110", "expected the directory right after the last entry, got a gap or overlap")
    return tuple(members)
