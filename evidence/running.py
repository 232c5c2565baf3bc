"""The running hash of a capture: what the archive was, moment by moment, while it was written.

``meta/running.jsonl`` says where the WARC lies in the WACZ and gives the SHA-256 of its first n bytes
at rising moments. Each digest was put into the witnessed log while the page was still being captured,
so that nothing before it can have been changed afterwards.

Spec: 在线诉讼规则 (2021) 第18条 (authenticity before upload).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evidence import names
from evidence.container import CENTRAL, CENTRAL_MARK, END, END_MARK, LOCAL, LOCAL_MARK
from evidence.digests import Plan, take
from evidence.errors import MalformedError
from evidence.redaction import TIME
from kernel.crypto import canonical_json

_FIRST = re.compile(
    rb'\{"file":"([^"\\]+)","member":"([^"\\]+)","offset":(0|[1-9][0-9]{0,14}),"size":([1-9][0-9]{0,14})\}'
)
_LINE = re.compile(
    rb'\{"at":"(' + TIME.pattern.encode() + rb')","bytes":([1-9][0-9]{0,14}),"sha256":"([0-9a-f]{64})"\}'
)
ARCHIVE, WARCS = "data/capture.wacz", "archive/"
"""The file that viewers open, and where in it they look for WARCs."""
MAX_DIRECTORY = 1_000_000
LOCAL_BYTES = LOCAL.size


@dataclass(frozen=True, slots=True)
class Mark:
    """SHA-256 (hex) of the first ``bytes`` of the WARC at a moment (RFC 3339 text)."""

    at: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Running:
    """A running hash, read.

    Attributes:
        file: of the package. member: of that zip. offset: of the member's data in the file. size: of the WARC.
    """

    file: str
    member: str
    offset: int
    size: int
    marks: tuple[Mark, ...]

    def plan(self) -> Plan:
        """What is to be taken of the file so that the digests can be compared."""
        return Plan(start=self.offset, marks=tuple(mark.bytes for mark in self.marks))

    def render(self) -> bytes:
        """``meta/running.jsonl`` in its one form."""
        first = {"file": self.file, "member": self.member, "offset": self.offset, "size": self.size}
        lines = [{"at": mark.at, "bytes": mark.bytes, "sha256": mark.sha256} for mark in self.marks]
        return b"".join(canonical_json(line) + b"\n" for line in (first, *lines))


def parse(data: bytes) -> Running:
    """Read a running hash.

    Raises:
        MalformedError: not in its one form, moments that fall, lengths that do not rise, or a last
            line that is not the whole WARC.
    """
    lines = data.split(b"\n")
    first = _FIRST.fullmatch(lines[0])
    found = [_LINE.fullmatch(line) for line in lines[1:-1]]
    if first is None or lines[-1] or not found:
        raise MalformedError("expected a line about the WARC and lines about its beginnings, got another form")
    file, member = first[1].decode("latin-1"), first[2].decode("latin-1")
    if file != ARCHIVE or not names.is_safe(member) or not member.startswith(WARCS):
        raise MalformedError(f"expected {ARCHIVE} and a WARC in it, got {file[:80]!r} and {member[:80]!r}")
    marks: list[Mark] = []
    for number, match in enumerate(found, start=2):
        if match is None:
            raise MalformedError(f"expected moment, length and digest in line {number}, got another form")
        mark = Mark(match[1].decode(), int(match[2]), match[3].decode())
        if marks and (mark.bytes <= marks[-1].bytes or mark.at < marks[-1].at):
            raise MalformedError(f"expected rising lines, got line {number} before the one above")
        marks.append(mark)
    running = Running(file, member, int(first[3]), int(first[4]), tuple(marks))
    if running.marks[-1].bytes != running.size:
        raise MalformedError(f"expected the last line at {running.size} bytes, got {running.marks[-1].bytes}")
    return running


def header_fits(running: Running, before: bytes) -> bool:
    """Whether the bytes right before the offset are the member's local zip header, without extra field.

    Args:
        before: the last ``30 + len(member)`` bytes before ``offset``, or fewer where the file begins.
    """
    name = running.member.encode("ascii")
    return (
        len(before) == LOCAL_BYTES + len(name)
        and before.startswith(LOCAL_MARK)
        and before.endswith(len(name).to_bytes(2, "little") + b"\x00\x00" + name)
    )


def is_alone(running: Running, stream: BinaryIO, size: int) -> bool:
    """Whether the WARC is the only one that a viewer finds in the archive.

    Else another one beside it, with an index that leads there, would be shown as what was captured. The directory is
    read as a zip reader does: nothing behind its end, members stored as they are.

    Args:
        stream: of ``running.file``. size: of it, bytes.
    """
    stream.seek(max(0, size - END.size))
    tail = stream.read(END.size)
    if len(tail) != END.size:
        return False
    mark, disk, other, here, count, length, start, comment = END.unpack(tail)
    whole = start + length + END.size == size and length <= MAX_DIRECTORY
    if mark != END_MARK or disk or other or here != count or comment or not whole:
        return False
    stream.seek(start)
    directory, place = stream.read(length), 0
    found = []
    for _ in range(count):
        if place + CENTRAL.size > length:
            return False
        entry = CENTRAL.unpack_from(directory, place)
        name = directory[place + CENTRAL.size : place + CENTRAL.size + entry[10]]
        if entry[0] != CENTRAL_MARK or entry[4] or entry[8] != entry[9]:
            return False
        if name.startswith(WARCS.encode()):
            found.append((name, entry[9], entry[16]))
        place += CENTRAL.size + entry[10] + entry[11] + entry[12]
    member = running.member.encode("ascii")
    return place == length and found == [(member, running.size, running.offset - LOCAL_BYTES - len(member))]


def check_file(running: Running, path: Path) -> None:
    """The running hash fits the file as it now is.

    Args:
        path: of ``running.file``.

    Raises:
        MalformedError: another member there, or a beginning with another digest.
    """
    with path.open("rb") as stream:
        stream.seek(max(0, running.offset - LOCAL_BYTES - len(running.member)))
        before = stream.read(min(running.offset, LOCAL_BYTES + len(running.member)))
        stream.seek(0)
        found = take(stream, running.plan()).marks
        alone = is_alone(running, stream, path.stat().st_size)
    if not alone:
        raise MalformedError(f"expected {running.member} to be the only WARC in {running.file}, got another archive")
    if not header_fits(running, before):
        raise MalformedError(
            f"expected {running.member} at byte {running.offset} of {running.file}, got something else"
        )
    if found != tuple(mark.sha256 for mark in running.marks):
        raise MalformedError(f"expected the digests of {running.file} to be those of the running hash, got others")
