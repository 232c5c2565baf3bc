"""Fonts with PostScript outlines (CFF), cut by fontTools; loaded only where such a font is the one to use.

Spec: Adobe Technical Note 5176; ISO 32000-2 9.9.
"""

import io
import threading
from collections.abc import Mapping
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

_LOCK = threading.Lock()


def cut(path: Path, number: int, glyphs: Mapping[str, int]) -> tuple[bytes, dict[str, int]]:
    """The font program for some characters, and the two-byte code of each.

    Args:
        path, number: the font file, and the face in it. glyphs: characters, sorted, with their glyph's number.
    """
    options = subset.Options(layout_features=[], name_IDs=[], notdef_outline=True, recalc_timestamp=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx"]
    with _LOCK, TTFont(path, fontNumber=number, lazy=True, recalcTimestamp=False) as font:
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=[ord(sign) for sign in glyphs])
        names = {sign: font.getGlyphName(glyph) for sign, glyph in glyphs.items()}
        chosen.subset(font)
        sink = io.BytesIO()
        font.save(sink)
    with TTFont(io.BytesIO(sink.getvalue()), lazy=True) as small:
        program: bytes = small.reader["CFF "]
    # A CID-keyed font is asked by its own character identifiers, which are in the glyphs' names.
    return program, {sign: int(name[3:]) if name.startswith("cid") else 0 for sign, name in names.items()}
