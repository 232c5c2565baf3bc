"""Tables of font files, beside fontTools' reading of the same bytes."""

import io
import struct
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from evidence import font
from evidence.font_tables import FontFile, FontTables, glyphs_of

INSTALLED = [pair for pair in font.CANDIDATES if Path(pair[0]).is_file()]
CODES = st.sets(st.integers(32, 0xFFFE) | st.integers(0x20000, 0x2A000), min_size=1, max_size=60)


class _Bytes(FontFile):
    """A file in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


def _font(codes: set[int]) -> bytes:
    names = {code: f"g{code:x}" for code in sorted(codes)}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    sink = io.BytesIO()
    builder.save(sink)
    return sink.getvalue()


def _expected(known: TTFont) -> dict[int, int]:
    return {code: glyph for code, name in known.getBestCmap().items() if (glyph := known.getGlyphID(name))}


@given(CODES)
def test_each_character_has_its_glyph(codes: set[int]) -> None:
    """Maps of the basic plane alone (format 4) and of all planes (format 12)."""
    data = _font(codes)
    found = glyphs_of(FontTables(_Bytes(data), 0)["cmap"])
    with TTFont(io.BytesIO(data)) as known:
        assert {code: glyph for code, glyph in enumerate(found) if glyph} == _expected(known)


@pytest.mark.parametrize("pair", INSTALLED, ids=[Path(name).stem for name, _ in INSTALLED])
def test_an_installed_font(pair: tuple[str, int]) -> None:
    """The same tables and the same map, of a face in a collection."""
    tables = FontTables(FontFile(Path(pair[0])), pair[1])
    with TTFont(pair[0], fontNumber=pair[1], lazy=True) as known:
        assert set(tables) == set(known.reader.keys())
        assert len(tables) == len(known.reader.keys())
        assert tables["hhea"] == known.reader["hhea"]
        found = {code: glyph for code, glyph in enumerate(glyphs_of(tables["cmap"])) if glyph}
        assert found == _expected(known)


@pytest.mark.parametrize(
    "data",
    [
        b"no font at all", b"ttcf\0\1\0\0\0\0\0\0", b"\0\1\0\0\0\5", b"", b"OTTO\0\1\0\0\0\0\0\0cmap",
    ],
)  # fmt: skip
def test_what_is_no_font_is_refused(data: bytes) -> None:
    """Whatever the file holds."""
    with pytest.raises((ValueError, struct.error)):
        FontTables(_Bytes(data), 0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (struct.pack(">HHHHI", 0, 1, 1, 0, 12), "got none"),
        (struct.pack(">HHHHIH", 0, 1, 3, 1, 12, 6), "got 6"),
        (struct.pack(">HHHHIHHIIIIII", 0, 1, 3, 10, 12, 12, 0, 28, 0, 1, 0, 0x110000, 1), "0x110000"),
    ],
)
def test_maps_of_other_kinds_are_refused(table: bytes, said: str) -> None:
    """No guess is made."""
    with pytest.raises(ValueError, match=said):
        glyphs_of(table)
