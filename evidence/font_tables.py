"""Tables of a font file, as bytes, and its map from characters to glyphs.

A system font knows 40,000 characters. Kept as Python objects they are ten megabytes in every process that writes a
document; here they are one array.

Spec: OpenType 1.9, font file; cmap, formats 4 and 12.
"""

import os
import struct
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

BEST_MAPS = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
"""Platform and encoding of maps of Unicode, the fullest first."""
_SEGMENTS, _GROUPS = 4, 12
_LAST = 0x10FFFF
_BYTES = {"H": 2, "I": 4}


class FontFile:
    """A font file, read piece by piece: mapped it would be in memory with all that lies around the pieces.

    Thread-safe, and good in a fork: it has no place of its own in the file.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        """Close it."""
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def read(self, offset: int, size: int) -> bytes:
        """Some bytes; fewer at the end of the file."""
        return os.pread(self._descriptor, size, offset)


class FontTables(Mapping[str, bytes]):
    """The tables of one face.

    Args:
        file: font file or collection. number: of the face in the collection; any other file has one.

    Raises:
        ValueError: no font, or not with tables of this kind. struct.error: cut short.

    Attributes:
        offsets: where each table begins in the file.
    """

    def __init__(self, file: FontFile, number: int) -> None:
        self._file = file
        start = 0
        if file.read(0, 4) == b"ttcf":
            (count,) = struct.unpack(">I", file.read(8, 4))
            if not 0 <= number < count:
                raise ValueError(f"expected a face below {count}, got {number}")
            (start,) = struct.unpack(">I", file.read(12 + 4 * number, 4))
        kind, count = struct.unpack(">4sH", file.read(start, 6))
        if kind not in {b"\0\1\0\0", b"true", b"OTTO"}:
            raise ValueError(f"expected a font, got a file that begins with {kind!r}")
        directory = file.read(start + 12, 16 * count)
        if len(directory) < 16 * count:
            raise ValueError(f"expected {count} tables, got a file that ends before")
        rows = struct.iter_unpack(">4sIII", directory)
        self._places = {str(name, "latin-1"): (offset, size) for name, _, offset, size in rows}
        self.offsets = {name: offset for name, (offset, _) in self._places.items()}

    def __getitem__(self, name: str) -> bytes:
        """A table."""
        offset, size = self._places[name]
        return self._file.read(offset, size)

    def __iter__(self) -> Iterator[str]:
        """Names of tables."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many tables there are."""
        return len(self._places)


def numbers(kind: Literal["H", "I"], data: bytes) -> "array[int]":
    """Big-endian numbers; ``kind`` is H (two bytes) or I (four). What is left at the end is not read."""
    found = array(kind, data[: len(data) - len(data) % _BYTES[kind]])
    found.byteswap()
    return found


def glyphs_of(table: bytes) -> "array[int]":
    """The glyph of each character, by code point; 0 where the font has none. As long as it must be.

    Args:
        table: the table cmap.

    Raises:
        ValueError: it has no map of Unicode in format 4 or 12. struct.error: cut short.
    """
    (count,) = struct.unpack_from(">H", table, 2)
    maps = {}
    for row in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * row)
        maps[platform, encoding] = offset
    offset = next((maps[kind] for kind in BEST_MAPS if kind in maps), None)
    if offset is None:
        raise ValueError("expected a map of Unicode in the font, got none")
    (form,) = struct.unpack_from(">H", table, offset)
    if form == _SEGMENTS:
        return _from_segments(table, offset)
    if form == _GROUPS:
        return _from_groups(table, offset)
    raise ValueError(f"expected a map of Unicode in format 4 or 12, got {form}")


def _from_segments(table: bytes, offset: int) -> "array[int]":
    length, _, doubled = struct.unpack_from(">HHH", table, offset + 2)
    part = table[offset + 14 : offset + length]
    ends, starts, shifts, ranges = (
        numbers("H", part[place : place + doubled]) for place in (0, doubled + 2, 2 * doubled + 2, 3 * doubled + 2)
    )
    words = numbers("H", part[3 * doubled + 2 :])
    found = array("H", bytes(2 * (1 << 16)))
    for number, (first, last, shift, distance) in enumerate(zip(starts, ends, shifts, ranges, strict=True)):
        for code in range(first, last + 1):
            if not distance:
                found[code] = (code + shift) & 0xFFFF
            elif glyph := words[number + distance // 2 + code - first : number + distance // 2 + code - first + 1]:
                found[code] = (glyph[0] + shift) & 0xFFFF if glyph[0] else 0
    found[0xFFFF] = 0  # the last segment is there to end the list
    return found


def _from_groups(table: bytes, offset: int) -> "array[int]":
    (count,) = struct.unpack_from(">I", table, offset + 12)
    groups = [struct.unpack_from(">III", table, offset + 16 + 12 * row) for row in range(count)]
    top = max((last for _, last, _ in groups), default=0)
    if top > _LAST:
        raise ValueError(f"expected characters of Unicode in the font, got {top:#x}")
    found = array("H", bytes(2 * (top + 1)))
    for first, last, glyph in groups:
        for code in range(first, last + 1):
            found[code] = glyph + code - first
    return found
