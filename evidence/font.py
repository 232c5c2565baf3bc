"""A small Chinese font for a report: only the characters that it shows, cut from a system font.

The system font is read once a process; a report's font is built from its outlines in milliseconds.
"""

import mmap
import tempfile
import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import category

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

from evidence.errors import FontMissingError

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
# Seconds since 1904 of 2024-01-01: the date in a font file is no fact of the report.
FIXED_DATE = 3_786_912_000
_LOCK = threading.Lock()


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
def _base(path: Path, face: int) -> tuple[TTFont, dict[int, str]]:
    try:
        # Mapped, not read: outlines are taken from the file as they are needed.
        with path.open("rb") as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        font = TTFont(mapped, fontNumber=face, lazy=True, recalcTimestamp=False)
        return font, font.getBestCmap()
    except (OSError, ValueError, TTLibError) as error:
        raise FontMissingError(
            f"expected a font in {path}, got {error}", hint="apt-get install --reinstall fonts-wqy-zenhei"
        ) from error


def shown(text: str, path: Path, face: int) -> str:
    """The text with characters that the font lacks replaced by 〓, never dropped; control characters too."""
    known = _base(path, face)[1]
    return "".join(
        sign if sign == "\n" or (ord(sign) in known and category(sign) != "Cc") else REPLACEMENT for sign in text
    )


def _glyphs(glyf: Any, wanted: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = glyf[name]
            if found[name].isComposite():
                pending += found[name].getComponentNames(glyf)
    return found


def cut(text: str, path: Path, face: int, folder: Path) -> tuple[Path, int]:
    """A font file with the characters of a text, in a folder.

    Returns:
        path and face number: a new small file, or the font itself when its outlines are not TrueType.

    Effects: a file in ``folder``.
    """
    with _LOCK:
        font, known = _base(path, face)
        if "glyf" not in font:
            return path, face
        mapping = {code: known[code] for code in sorted({ord(sign) for sign in text}) if code in known}
        glyphs = _glyphs(font["glyf"], [".notdef", *mapping.values()])
        names = [".notdef", *sorted(glyphs.keys() - {".notdef"})]
        metrics, head, line = font["hmtx"].metrics, font["head"], font["hhea"]
        builder = FontBuilder(head.unitsPerEm, isTTF=True)
        builder.setupGlyphOrder(names)
        builder.setupCharacterMap(mapping)
        builder.setupGlyf({name: glyphs[name] for name in names}, calcGlyphBounds=False)
        builder.setupHorizontalMetrics({name: metrics[name] for name in names})
        builder.setupHorizontalHeader(ascent=line.ascent, descent=line.descent)
        builder.setupNameTable({"familyName": "WangjianReport", "styleName": "Regular", "psName": "WangjianReport"})
        builder.setupOS2(sTypoAscender=line.ascent, sTypoDescender=line.descent, usWinAscent=line.ascent)
        builder.setupPost()
        # Outlines are taken over as bytes, not drawn anew: their limits are those of the system font.
        builder.font.recalcBBoxes = False
        builder.setupMaxp()
        for limit, value in vars(font["maxp"]).items():
            if limit.startswith("max"):
                setattr(builder.font["maxp"], limit, value)
        builder.font["head"].created = builder.font["head"].modified = FIXED_DATE
        builder.font.recalcTimestamp = False
        for box in ("xMin", "yMin", "xMax", "yMax"):
            setattr(builder.font["head"], box, getattr(head, box))
        target = Path(tempfile.mkstemp(suffix=".ttf", dir=folder)[1])
        builder.font.save(target, reorderTables=False)
    return target, 0
