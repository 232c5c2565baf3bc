"""A small Chinese font for a document: only the characters that it shows, cut from a system font.

The system font is opened once a process; outlines are copied from it as bytes, so that a cut takes
milliseconds and the same text always gives the same font.

Spec: ISO 32000-2 sections 9.7 (composite fonts) and 9.9 (embedded font programs).
"""

import struct
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unicodedata import category

from evidence.errors import FontMissingError
from evidence.font_tables import FontFile, FontTables, glyphs_of, numbers

# Path and number of the face in its collection. Faces with TrueType outlines first: they are cut fast.
CANDIDATES: tuple[tuple[str, int], ...] = (
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("/usr/share/fonts/truetype/arphic/uming.ttc", 0),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
)
REPLACEMENT = "〓"
# Flags of a composite glyph (OpenType, table glyf).
WORDS, SCALE, MORE, TWO_SCALES, MATRIX = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080


# Places in the tables head and hhea.
UNITS, LONG, WIDE = 18, 50, 34
KEPT = ("head", "hhea", "hmtx", "maxp", "cvt ", "fpgm", "prep")
"""Tables that a cut takes over or is measured by."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A font program with the characters of one text.

    Attributes:
        program: TrueType file, or bare CFF data. outlines: ``TrueType`` or ``CFF``.
        codes: character to the two-byte code that shows it. widths: by code, thousandths of the size.
    """

    program: bytes
    outlines: str
    codes: dict[str, int]
    widths: dict[int, int]


@dataclass(frozen=True, slots=True)
class Face:
    """A system font, open. Thread-safe.

    Attributes:
        ascent, descent: above and below the line, thousandths of the size.
    """

    path: Path
    number: int
    ascent: int
    descent: int
    _known: "array[int]" = field(repr=False)
    _raw: dict[str, Any] = field(repr=False)
    _widths: dict[str, int] = field(repr=False, default_factory=dict)
    _signs: dict[int, str] = field(repr=False, default_factory=dict)

    def shown(self, text: str) -> str:
        """The text with characters that the font lacks replaced by 〓, never dropped; control characters too."""
        signs = self._signs
        for sign in set(text):
            if ord(sign) not in signs:
                there = sign == "\n" or (self._glyph(sign) and category(sign) != "Cc")
                signs[ord(sign)] = sign if there else REPLACEMENT
        return text.translate(signs)

    def width(self, text: str) -> int:
        """Advance of a text, thousandths of the size."""
        widths = self._widths
        try:
            return sum(map(widths.__getitem__, text))
        except KeyError:
            for sign in text:
                widths[sign] = self._advance(self._glyph(sign))
            return sum(map(widths.__getitem__, text))

    def _glyph(self, sign: str) -> int:
        code = ord(sign)
        return self._known[code] if code < len(self._known) else 0

    def _advance(self, glyph: int) -> int:
        last = self._raw["wide"] - 1
        advance: int = struct.unpack_from(">H", self._raw["hmtx"], 4 * min(glyph, last))[0]
        units: int = self._raw["units"]
        return round(advance * 1000 / units)

    def cut(self, text: Iterable[str]) -> Cut:
        """The font program for the characters of a text. Same characters, same bytes."""
        signs = sorted({sign for piece in text for sign in piece} - {"\n"})
        glyphs = {sign: self._glyph(sign) for sign in signs}
        return self._cut_outlines(glyphs) if "glyf" in self._raw else self._cut_cff(glyphs)

    def _cut_outlines(self, glyphs: dict[str, int]) -> Cut:
        order = _closure(self._raw, sorted({0, *glyphs.values()}))
        place = {glyph: number for number, glyph in enumerate(order)}
        body, starts, metrics = bytearray(), [0], bytearray()
        for glyph in order:
            outline = _outline(self._raw, glyph)
            body += _renumbered(outline, place)
            body += bytes(-len(body) % 4)
            starts.append(len(body))
            metrics += struct.pack(">Hh", *_metric(self._raw, glyph))
        head, line, limits = (bytearray(self._raw[name]) for name in ("head", "hhea", "maxp"))
        struct.pack_into(">I", head, 8, 0)
        struct.pack_into(">h", head, 50, 1)
        struct.pack_into(">H", line, 34, len(order))
        struct.pack_into(">H", limits, 4, len(order))
        tables = {"glyf": body, "head": head, "hhea": line, "hmtx": metrics, "maxp": limits}
        tables["loca"] = bytearray(struct.pack(f">{len(starts)}I", *starts))
        tables |= {name: bytearray(self._raw[name]) for name in ("cvt ", "fpgm", "prep") if name in self._raw}
        codes = {sign: place[glyph] for sign, glyph in glyphs.items()}
        return Cut(_sfnt(tables), "TrueType", codes, {place[glyph]: self._advance(glyph) for glyph in order})

    def _cut_cff(self, glyphs: dict[str, int]) -> Cut:
        program, codes = import_module("evidence.font_cff").cut(self.path, self.number, glyphs)
        return Cut(program, "CFF", codes, {code: self._advance(glyphs[sign]) for sign, code in codes.items()})


def _outline(raw: dict[str, Any], glyph: int) -> bytes:
    known: dict[int, bytes] = raw["outlines"]
    found = known.get(glyph)
    if found is None:
        start, end = raw["loca"][glyph], raw["loca"][glyph + 1]
        found = known[glyph] = raw["file"].read(raw["glyf"] + start, end - start)
    return found


def _metric(raw: dict[str, Any], glyph: int) -> tuple[int, int]:
    wide = raw["wide"]
    advance, bearing = struct.unpack_from(">Hh", raw["hmtx"], 4 * min(glyph, wide - 1))
    if glyph >= wide:
        (bearing,) = struct.unpack_from(">h", raw["hmtx"], 4 * wide + 2 * (glyph - wide))
    return advance, bearing


def _components(outline: bytes) -> list[tuple[int, int]]:
    """Place and glyph of each part of a composite; none for a simple glyph."""
    found: list[tuple[int, int]] = []
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return found
    place, flags = 10, MORE
    while flags & MORE:
        flags, glyph = struct.unpack_from(">HH", outline, place)
        found.append((place + 2, glyph))
        place += 4 + (4 if flags & WORDS else 2)
        place += 2 if flags & SCALE else 4 if flags & TWO_SCALES else 8 if flags & MATRIX else 0
    return found


def _closure(raw: dict[str, Any], wanted: list[int]) -> list[int]:
    order, pending = {0: None}, list(wanted)
    while pending:
        glyph = pending.pop(0)
        order[glyph] = None
        pending += [part for _, part in _components(_outline(raw, glyph)) if part not in order]
    return list(order)


def _renumbered(outline: bytes, place: dict[int, int]) -> bytes:
    parts = _components(outline)
    if not parts:
        return outline
    changed = bytearray(outline)
    for offset, glyph in parts:
        struct.pack_into(">H", changed, offset, place[glyph])
    return bytes(changed)


def _sfnt(tables: dict[str, bytearray]) -> bytes:
    """A TrueType file of these tables. Spec: OpenType 1.9, font file."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    directory = bytearray(
        struct.pack(">IHHHH", 0x00010000, count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    )
    body, offset = bytearray(), 12 + 16 * count
    for name in sorted(tables):
        data = tables[name] + bytes(-len(tables[name]) % 4)
        words = array("I", bytes(data))
        words.byteswap()
        size = len(tables[name])
        directory += struct.pack(">4sIII", name.encode(), sum(words) & 0xFFFFFFFF, offset + len(body), size)
        body += data
    return bytes(directory + body)


def find(candidates: Iterable[tuple[str, int]] = CANDIDATES) -> tuple[Path, int]:
    """The first font of the list that is installed.

    Raises:
        FontMissingError: none is.
    """
    for name, face in candidates:
        if Path(name).is_file():
            return Path(name), face
    raise FontMissingError(
        "expected a font with Chinese characters, got none of the known ones",
        hint="apt-get install fonts-wqy-zenhei",
    )


@lru_cache(maxsize=2)
def open_face(path: Path, number: int) -> Face:
    """A font, opened once a process.

    Raises:
        FontMissingError: not a font.
    """
    try:
        file = FontFile(path)
        tables = FontTables(file, number)
        known, line = glyphs_of(tables["cmap"]), tables["hhea"]
        (units,) = struct.unpack_from(">H", tables["head"], UNITS)
        (wide,) = struct.unpack_from(">H", line, WIDE)
        raw: dict[str, Any] = {"units": units, "wide": wide, "file": file, "outlines": {}}
        raw |= {name: tables[name] for name in KEPT if name in tables}
        if "glyf" in tables:
            raw["glyf"], raw["loca"] = tables.offsets["glyf"], _places(tables)
        heights = struct.unpack_from(">hh", line, 4)
        ascent, descent = (round(value * 1000 / units) for value in heights)
    except (OSError, ValueError, KeyError, IndexError, OverflowError, ZeroDivisionError, struct.error) as error:
        raise FontMissingError(
            f"expected a font in {path}, got {error}", hint="apt-get install --reinstall fonts-wqy-zenhei"
        ) from error
    return Face(path, number, ascent, descent, known, raw)


def _places(tables: FontTables) -> "array[int]":
    """Where each glyph begins in the table glyf, and where the last one ends."""
    (long,) = struct.unpack_from(">h", tables["head"], LONG)
    if long:
        return numbers("I", tables["loca"])
    return array("I", [2 * half for half in numbers("H", tables["loca"])])
