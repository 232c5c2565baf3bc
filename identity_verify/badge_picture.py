"""Pictures of a badge: the static one for pages that cannot frame the live one, and the QR code.

A picture proves nothing, and says so: it leads to the page that does.
"""

import io
from functools import lru_cache
from html import escape

import segno
from PIL import Image, ImageDraw, ImageFont

from evidence.font import CANDIDATES
from identity_verify.badge_id import shown

WIDTH, HEIGHT = 260, 92
COLOURS = {"valid": "#b3261e", "other": "#5f6b76"}
_SHIELD = ((46, 10), (74, 19), (74, 46), (46, 82), (18, 46), (18, 19))
_TICK = ((33, 44), (43, 54), (60, 33))
_CROSS = ((35, 33), (57, 57)), ((57, 33), (35, 57))
TITLE = "网上经营者电子标识"
WORDS = {
    "valid": "已核验 · 点击查验",
    "suspended": "已暂停",
    "revoked": "已撤销",
    "expired": "已过期",
    "key": "暂不可用",
}


def _word(word: str) -> str:
    return WORDS.get(word, WORDS["key"])


def static_svg(badge_id: str, word: str) -> str:
    """The static badge as SVG: a shield, what it is, its state when it was fetched, its number.

    Args:
        word: of the verdict.
    """
    good = word == "valid"
    colour = COLOURS["valid" if good else "other"]
    lines = [_TICK] if good else _CROSS
    marks = "".join(
        f'<polyline points="{_points(line)}" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round"/>'
        for line in lines
    )
    text = ((15, 34, TITLE, "#1a222c"), (13, 57, _word(word), colour), (12, 77, shown(badge_id), "#54616f"))
    face = 'x="88" font-family="system-ui,sans-serif"'
    rows = "".join(
        f'<text {face} y="{y}" fill="{fill}" font-size="{size}">{escape(line)}</text>' for size, y, line, fill in text
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{TITLE} {_word(word)} {badge_id}">'
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#fff" stroke="#d7dde4"/>'
        f'<polygon points="{_points(_SHIELD)}" fill="{colour}" stroke="{colour}" stroke-width="6" '
        f'stroke-linejoin="round"/>{marks}{rows}</svg>'
    )


def _points(line: tuple[tuple[int, int], ...]) -> str:
    return " ".join(f"{x},{y}" for x, y in line)


def static_picture(badge_id: str, word: str = "valid", *, scale: int = 2) -> Image.Image:
    """The same as pixels, for readers without SVG and for what copies are compared with."""
    size = (WIDTH * scale, HEIGHT * scale)
    picture = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), 8 * scale, fill="#ffffff", outline="#d7dde4", width=scale)
    colour = COLOURS["valid" if word == "valid" else "other"]
    draw.polygon([(x * scale, y * scale) for x, y in _SHIELD], fill=colour)
    draw.line(
        [*((x * scale, y * scale) for x, y in (*_SHIELD, _SHIELD[0]))], fill=colour, width=6 * scale, joint="curve"
    )
    for line in [_TICK] if word == "valid" else _CROSS:
        draw.line([(x * scale, y * scale) for x, y in line], fill="#ffffff", width=6 * scale, joint="curve")
    for height, top, text, fill in (
        (15, 20, TITLE, "#1a222c"),
        (13, 45, _word(word), colour),
        (12, 66, shown(badge_id), "#54616f"),
    ):
        draw.text((88 * scale, top * scale), text, fill=fill, font=_face(height * scale))
    return picture


def static_png(badge_id: str, word: str) -> bytes:
    """The static badge as PNG."""
    stream = io.BytesIO()
    static_picture(badge_id, word).save(stream, "PNG", optimize=True)
    return stream.getvalue()


@lru_cache(maxsize=16)
def _face(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for path, number in CANDIDATES:
        try:
            return ImageFont.truetype(path, height, index=number)
        except OSError:
            continue
    return ImageFont.load_default(height)


@lru_cache(maxsize=4_096)
def qr_svg(address: str) -> str:
    """The QR code of an address, error correction M, with its quiet zone; kept, because drawing is slow.

    Spec: ISO/IEC 18004 (QR code).
    """
    stream = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(stream, kind="svg", scale=5, border=4, xmldecl=False, svgns=True, light="#fff", title=address)
    return stream.getvalue().decode()
