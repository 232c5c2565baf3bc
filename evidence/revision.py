"""Later revisions of our PDF files, in one form: a signature, then validation data with a timestamp.

What a revision may hold is fixed to the byte, so that a verifier makes it again from its parts and
compares: nothing that is shown can change after the signature.

Spec: ISO 32000-2 sections 7.5.6 (incremental updates), 12.8.1 (ByteRange), 12.8.4.3 (document security store),
12.8.5 (document timestamps); ETSI EN 319 142-1 clause 5.4 (validation data).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evidence import der
from evidence.errors import ContentMismatchError, MalformedError

RANGE = re.compile(rb"/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10})\] *\n/Contents <")
TRAILER = re.compile(
    rb"trailer\n<< /Size (\d{1,7}) (/Root (\d{1,7}) 0 R /Info \d{1,7} 0 R)(?: /Prev \d{1,10})? (/ID \[[^\]]*\]) >>\n"
    rb"startxref\n(\d{1,10})\n%%EOF\n\Z"
)
FIGURES = re.compile(rb"[0-9a-fA-F]*")
STREAM = re.compile(rb"(\d{1,7}) 0 obj\n<< /Length (\d{1,7}) >>\nstream\n")
STORE = re.compile(rb"<< /Type /DSS /Certs \[ ((?:\d{1,7} 0 R )*)\] /CRLs \[ ((?:\d{1,7} 0 R )*)\] >>")
END = b"%%EOF\n"
RANGE_ROOM = 48
MAX_REVISIONS = 50
"""A renewal every few years: more is an attempt to keep a verifier busy."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A file whose signature is still to be put in.

    Attributes:
        data: the file, zeros where the signature goes. start, end: of the hexadecimal digits.
    """

    data: bytes
    start: int
    end: int

    def digest(self) -> bytes:
        """SHA-256 over all but the signature and its angle brackets, raw."""
        value = hashlib.sha256(memoryview(self.data)[: self.start - 1])
        value.update(memoryview(self.data)[self.end + 1 :])
        return value.digest()

    def filled(self, value: bytes) -> bytes:
        """The file with the signature.

        Args:
            value: DER.

        Raises:
            MalformedError: more bytes than there is room for.
        """
        if 2 * len(value) > self.end - self.start:
            raise MalformedError(
                f"expected a signature of at most {(self.end - self.start) // 2} bytes, got {len(value)}",
                hint="The timestamp service sends very long answers: choose another.",
            )
        digits = value.hex().encode().ljust(self.end - self.start, b"0")
        return self.data[: self.start] + digits + self.data[self.end :]


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature or timestamp of a file.

    Attributes:
        value: DER. digest: SHA-256 of what it covers, raw. end: where its revision ends.
    """

    value: bytes
    digest: bytes
    end: int


@dataclass(frozen=True, slots=True)
class _Tail:
    """What the last trailer says."""

    size: int
    links: bytes
    catalog: int
    identifier: bytes
    table: int


def _tail(pdf: bytes) -> _Tail:
    match = TRAILER.search(pdf, max(0, len(pdf) - 500))
    if match is None:
        raise MalformedError("expected the end of a PDF file in our form, got another")
    return _Tail(int(match[1]), match[2], int(match[3]), match[4], int(match[5]))


def _body(pdf: bytes, number: int) -> bytes:
    """The newest body of a plain object (no stream), one line."""
    found = re.findall(rb"\n%d 0 obj\n([^\n]*)\nendobj\n" % number, pdf)
    if not found:
        raise MalformedError(f"expected the object {number} in our form, got none")
    return bytes(found[-1])


def _fields(pdf: bytes) -> dict[str, int]:
    """Signature fields: name to object."""
    found = re.findall(rb"\n(\d{1,7}) 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T \((\w{1,40})\)", pdf)
    return {name.decode(): int(number) for number, name in found}


def _field(pdf: bytes, name: str) -> int:
    found = _fields(pdf).get(name)
    if found is None:
        raise MalformedError(f"expected the signature field {name}, got none")
    return found


def _appended(pdf: bytes, objects: Mapping[int, bytes]) -> bytes:
    """The file with one more revision. Spec: ISO 32000-2 section 7.5.6."""
    tail = _tail(pdf)
    out = bytearray(pdf)
    starts: dict[int, int] = {}
    for number, body in objects.items():
        starts[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n"
    for number in sorted(starts):
        out += b"%d 1\n%010d 00000 n \n" % (number, starts[number])
    size = max(tail.size, *(number + 1 for number in starts))
    out += b"trailer\n<< /Size %d %s /Prev %d %s >>\n" % (size, tail.links, tail.table, tail.identifier)
    out += b"startxref\n%d\n" % table + END
    return bytes(out)


def _holed(pdf: bytes, objects: Mapping[int, bytes], begin: bytes, room: int, *, field: str, number: int = 0) -> Hole:
    """A revision with a signature dictionary in a field, its byte range set, its value zeros.

    Args:
        number: of a field that this revision makes; 0 where it is there.
    """
    size = _tail(pdf).size
    body = _new_field(pdf, field) if number else _body(pdf, _field(pdf, field))
    if b" /V " in body:
        raise MalformedError(f"expected the signature field {field} to be empty, got one that is signed")
    number = number or _field(pdf, field)
    place = max(size, number + 1, *(key + 1 for key in objects))
    dictionary = begin + b"\n" + b" " * RANGE_ROOM + b"\n/Contents <" + b"0" * (2 * room) + b"> >>"
    filled = body.removesuffix(b" >>") + b" /V %d 0 R >>" % place
    data = _appended(pdf, {**objects, number: filled, place: dictionary})
    start = data.index(b"/Contents <0", len(pdf)) + len(b"/Contents <")
    end = start + 2 * room
    words = b"/ByteRange [0 %d %d %d]" % (start - 1, end + 1, len(data) - end - 1)
    at = start - len(b"\n/Contents <") - RANGE_ROOM
    return Hole(data[:at] + words.ljust(RANGE_ROOM) + data[at + RANGE_ROOM :], start, end)


def _new_field(pdf: bytes, name: str) -> bytes:
    """A field like the ones that the file has, on the same page."""
    numbers = _fields(pdf).values()
    page = re.search(rb"/P \d{1,7} 0 R", _body(pdf, min(numbers))) if numbers else None
    if page is None:
        raise MalformedError("expected a signature field on a page, got another")
    return b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /F 132 /Rect [ 0 0 0 0 ] %s >>" % (
        name.encode(),
        page[0],
    )


def _literal(words: str) -> bytes:
    return b"<feff" + words.encode("utf-16-be").hex().encode() + b">"


def open_signature(pdf: bytes, *, field: str, date: str, reason: str, room: int) -> Hole:
    """A revision that holds a PAdES signature.

    Args:
        date: of signing, ``yyyymmddhhmmssZ``. room: bytes kept for the signature.
    """
    begin = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%s) /Reason %s" % (
        date.encode(),
        _literal(reason),
    )
    return _holed(pdf, {}, begin, room, field=field)


def _store(pdf: bytes) -> tuple[bytes, bytes]:
    """References to certificates and lists in the newest store of the file, empty where it has none."""
    link = re.search(rb" /DSS (\d{1,7}) 0 R", _body(pdf, _tail(pdf).catalog))
    if link is None:
        return b"", b""
    found = STORE.fullmatch(_body(pdf, int(link[1])))
    if found is None:
        raise MalformedError("expected validation data in our form, got another")
    return found[1], found[2]


def open_archive(pdf: bytes, *, field: str, certificates: Sequence[bytes], lists: Sequence[bytes], room: int) -> Hole:
    """A revision that holds validation data and a document timestamp over everything.

    Args:
        field: made where the file has none of this name. certificates, lists: certificates and revocation
            lists, DER. room: bytes kept for the token.
    """
    tail = _tail(pdf)
    place = tail.size
    objects: dict[int, bytes] = {}
    for data in (*certificates, *lists):
        objects[place + len(objects)] = b"<< /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"
    store = place + len(objects)
    middle = place + len(certificates)
    # What earlier revisions brought stays listed: their timestamps are judged by it.
    kept = _store(pdf)
    objects[store] = b"<< /Type /DSS /Certs [ %s%s] /CRLs [ %s%s] >>" % (
        kept[0],
        b"".join(b"%d 0 R " % number for number in range(place, middle)),
        kept[1],
        b"".join(b"%d 0 R " % number for number in range(middle, store)),
    )
    catalog = re.sub(rb" /DSS \d{1,7} 0 R", b"", _body(pdf, tail.catalog))
    number = 0 if field in _fields(pdf) else store + 1
    if number:
        catalog = catalog.replace(b" ] /SigFlags", b" %d 0 R ] /SigFlags" % number, 1)
    objects[tail.catalog] = catalog.removesuffix(b" >>") + b" /DSS %d 0 R >>" % store
    begin = b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161"
    return _holed(pdf, objects, begin, room, field=field, number=number)


def read(pdf: bytes) -> tuple[Signed, ...]:
    """The signatures of a file, in order; each covers all before it and its own revision, the last the whole file.

    Raises:
        MalformedError: no signature, or one in another form. ContentMismatchError: bytes outside, or a
        revision that holds anything else than validation data and a timestamp.
    """
    matches = list(RANGE.finditer(pdf))
    if not matches or pdf.count(b"/ByteRange") != len(matches):
        raise MalformedError("expected signatures in our form in the report, got none or others")
    if len(matches) > MAX_REVISIONS:
        raise MalformedError(f"expected at most {MAX_REVISIONS} revisions in the report, got {len(matches)}")
    # Their order first: it costs nothing, a digest may.
    ends = [int(match[2]) + int(match[3]) for match in matches]
    if ends[-1] != len(pdf):
        raise ContentMismatchError("expected the signatures to cover the whole report, got bytes outside")
    if any(earlier >= later for earlier, later in pairwise(ends)):
        raise ContentMismatchError("expected each signature to cover the one before, got another order")
    found = [_signed(pdf, match) for match in matches]
    for earlier, later in pairwise(found):
        _require_archive(pdf[: earlier.end], pdf[: later.end])
    return tuple(found)


def _signed(pdf: bytes, match: re.Match[bytes]) -> Signed:
    length, second, rest = (int(number) for number in match.groups())
    start, end = match.end(), second - 1
    if length != start - 1 or not start < second or second + rest > len(pdf):
        raise ContentMismatchError("expected the signed ranges to lie around the signature, got others")
    if pdf[end : end + 1] != b">" or not pdf[: second + rest].endswith(END):
        raise MalformedError("expected a hexadecimal signature between the signed ranges, got something else")
    digits = pdf[start:end]
    if len(digits) % 2 or not FIGURES.fullmatch(digits):
        raise MalformedError("expected a hexadecimal signature, got other signs in it")
    padded = bytes.fromhex(digits.decode("ascii"))
    size = der.value_end(padded)
    if padded[size:].strip(b"\x00"):
        raise MalformedError("expected zeros after the signature, got hidden bytes")
    return Signed(padded[:size], Hole(pdf[: second + rest], start, end).digest(), second + rest)


def _require_archive(earlier: bytes, later: bytes) -> None:
    """The later revision is made again from its parts and must be the same to the byte."""
    parts: list[bytes] = []
    place = len(earlier)
    while match := STREAM.match(later, place):
        end = match.end() + int(match[2])
        parts.append(later[match.end() : end])
        place = end + len(b"\nendstream\nendobj\n")
    found = re.match(rb"\d{1,7} 0 obj\n([^\n]*)\nendobj\n", later[place:])
    listed = STORE.fullmatch(found[1]) if found else None
    hole = RANGE.search(later, place)
    name = re.findall(rb"/FT /Sig /T \((\w{1,40})\)", later[place:])
    if listed is None or hole is None or len(name) != 1:
        raise ContentMismatchError("expected a revision with validation data alone, got another")
    count = listed[1].count(b" R ") - _store(earlier)[0].count(b" R ")
    room = (int(hole[2]) - 1 - hole.end()) // 2
    again = open_archive(earlier, field=name[0].decode(), certificates=parts[:count], lists=parts[count:], room=room)
    blank = later[: again.start] + b"0" * (again.end - again.start) + later[again.end :]
    if blank != again.data:
        raise ContentMismatchError("expected a revision with validation data alone, got one that holds more")
