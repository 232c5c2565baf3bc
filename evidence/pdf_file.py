"""A PDF file in one plain form: a classic cross-reference table, no object streams, one font.

So that the same pages give the same bytes, and a verifier can tell what a later revision adds.

Spec: ISO 32000-2 sections 7.5 (file structure), 9.7 (composite fonts), 12.7.5.5 (signature fields).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence.font import Cut, Face
from kernel.crypto import sha256_hex

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
# Told from the start, so that a signed revision need not say it: PAdES and validation data in PDF 1.7.
SIGNABLE = " /Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >>"


@dataclass(frozen=True, slots=True)
class Information:
    """What the file says of itself.

    Attributes:
        at: its date, aware UTC. fields: names of empty signature fields on page 1.
    """

    title: str
    at: datetime
    keywords: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG with its size in pixels."""

    jpeg: bytes
    across: int
    down: int


@dataclass(slots=True)
class Page:
    """Operators of a page; text stays text until the font is cut.

    Attributes:
        parts: operators as bytes, text to be shown as str. pictures: numbers of those it shows.
    """

    parts: list[bytes | str] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)


def assemble(information: Information, face: Face, pages: Sequence[Page], pictures: Sequence[Picture]) -> bytes:
    """The file of these pages."""
    return _File(information, face, pages, pictures).data()


class _File:
    """The objects of a PDF file, numbered in the order in which they are asked for."""

    def __init__(
        self, information: Information, face: Face, pages: Sequence[Page], pictures: Sequence[Picture]
    ) -> None:
        self._told, self._face, self._pages, self._pictures = information, face, pages, pictures
        self._objects: list[bytes] = []

    def _new(self, body: bytes = b"") -> int:
        self._objects.append(body)
        return len(self._objects)

    def _stream(self, entries: str, data: bytes) -> int:
        return self._new(f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")

    def data(self) -> bytes:
        """The whole file."""
        catalog, tree, information = self._new(), self._new(), self._new(self._information())
        cut = self._face.cut(part for page in self._pages for part in page.parts if isinstance(part, str))
        letters, hexed = self._font(cut), {ord(sign): f"{code:04x}" for sign, code in cut.codes.items()}
        pictures = [
            self._stream(
                f"/Type /XObject /Subtype /Image /Width {picture.across} /Height {picture.down} /ColorSpace /DeviceRGB "
                "/BitsPerComponent 8 /Filter /DCTDecode",
                picture.jpeg,
            )
            for picture in self._pictures
        ]
        fields = [self._new() for _ in self._told.fields]
        pages = [
            self._page(page, tree, (letters, pictures, fields if number == 0 else []), hexed)
            for number, page in enumerate(self._pages)
        ]
        for place, name in zip(fields, self._told.fields, strict=True):
            self._objects[place - 1] = (
                f"<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /F 132 /Rect [ 0 0 0 0 ] /P {pages[0]} 0 R >>"
            ).encode()
        form = f"{SIGNABLE} /AcroForm << /Fields [ {_references(fields)} ] /SigFlags 3 >>" if fields else ""
        self._objects[catalog - 1] = f"<< /Type /Catalog /Pages {tree} 0 R /Lang (zh-CN){form} >>".encode()
        self._objects[tree - 1] = f"<< /Type /Pages /Count {len(pages)} /Kids [ {_references(pages)} ] >>".encode()
        return self._assembled(catalog, information)

    def _information(self) -> bytes:
        told = self._told
        date = f"D:{told.at:%Y%m%d%H%M%SZ}"
        return (
            f"<< /Title {_literal(told.title)} /Producer (Wangjian) /Keywords {_literal(told.keywords)} "
            f"/CreationDate ({date}) >>"
        ).encode("latin-1")

    def _font(self, cut: Cut) -> int:
        face = self._face
        if cut.outlines == "TrueType":
            program = self._stream(f"/Filter /FlateDecode /Length1 {len(cut.program)}", zlib.compress(cut.program, 6))
            file, kind, extra = f"/FontFile2 {program} 0 R", "CIDFontType2", " /CIDToGIDMap /Identity"
        else:
            program = self._stream("/Filter /FlateDecode /Subtype /CIDFontType0C", zlib.compress(cut.program, 6))
            file, kind, extra = f"/FontFile3 {program} 0 R", "CIDFontType0", ""
        descriptor = self._new(
            (
                "<< /Type /FontDescriptor /FontName /WJPAPR+Wangjian /Flags 4 /ItalicAngle 0 /StemV 80 "
                f"/FontBBox [ 0 {face.descent} 1000 {face.ascent} ] /Ascent {face.ascent} /Descent {face.descent} "
                f"/CapHeight {face.ascent} {file} >>"
            ).encode()
        )
        widths = " ".join(f"{code} [ {width} ]" for code, width in sorted(cut.widths.items()))
        inner = self._new(
            (
                f"<< /Type /Font /Subtype /{kind} /BaseFont /WJPAPR+Wangjian /FontDescriptor {descriptor} 0 R "
                "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
                f"/DW 1000 /W [ {widths} ]{extra} >>"
            ).encode()
        )
        unicode = self._stream("/Filter /FlateDecode", zlib.compress(_unicode_map(cut.codes), 6))
        return self._new(
            (
                "<< /Type /Font /Subtype /Type0 /BaseFont /WJPAPR+Wangjian /Encoding /Identity-H "
                f"/DescendantFonts [ {inner} 0 R ] /ToUnicode {unicode} 0 R >>"
            ).encode()
        )

    def _page(self, page: Page, tree: int, resources: tuple[int, list[int], list[int]], hexed: dict[int, str]) -> int:
        letters, pictures, fields = resources
        content = b"".join(
            part if isinstance(part, bytes) else b"<" + part.translate(hexed).encode() + b">" for part in page.parts
        )
        stream = self._stream("/Filter /FlateDecode", zlib.compress(content, 6))
        shown = " ".join(f"/P{number} {pictures[number]} 0 R" for number in page.pictures)
        objects = f" /XObject << {shown} >>" if shown else ""
        notes = f" /Annots [ {_references(fields)} ]" if fields else ""
        return self._new(
            (
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [ 0 0 {PAGE_WIDTH:g} {PAGE_HEIGHT:g} ] "
                f"/Contents {stream} 0 R /Resources << /Font << /F {letters} 0 R >>{objects} >>{notes} >>"
            ).encode()
        )

    def _assembled(self, catalog: int, information: int) -> bytes:
        out = bytearray(b"%PDF-1.7\n%\xe7\xbd\x91\xe9\x89\xb4\n")
        starts = []
        for number, body in enumerate(self._objects, start=1):
            starts.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(starts) + 1)
        out += b"".join(b"%010d 00000 n \n" % start for start in starts)
        # The identifier only tells files apart: a digest of the file's own bytes does that, and is repeatable.
        identifier = sha256_hex(bytes(out))[:32]
        out += (
            f"trailer\n<< /Size {len(starts) + 1} /Root {catalog} 0 R /Info {information} 0 R "
            f"/ID [ <{identifier}> <{identifier}> ] >>\nstartxref\n{table}\n%%EOF\n"
        ).encode()
        return bytes(out)


def _references(numbers: Sequence[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def _literal(words: str) -> str:
    """A text string: plain where it is ASCII, else UTF-16 in hexadecimal."""
    if words.isascii() and not set(words) & set("()\\\r\n"):
        return f"({words})"
    return f"<feff{words.encode('utf-16-be').hex()}>"


def _unicode_map(codes: dict[str, int]) -> bytes:
    """The map from codes back to characters, for search and copy. Spec: ISO 32000-2 section 9.10.3."""
    pairs = [(code, sign.encode("utf-16-be").hex()) for sign, code in sorted(codes.items(), key=lambda pair: pair[1])]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <ffff> endcodespacerange",
    ]
    for start in range(0, len(pairs), 100):
        part = pairs[start : start + 100]
        lines.append(f"{len(part)} beginbfchar")
        lines += [f"<{code:04x}> <{text}>" for code, text in part]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()
