"""Small pictures with words on them, the same bytes each time on one machine."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from simulators.market.model import Listing, Shop
from simulators.market.rendering import licence_rows
from simulators.market.wording import dice

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def _font(size: int) -> Font:
    """A Chinese font where there is one, else Pillow's own (which draws boxes for 汉字)."""
    found = next((path for path in FONTS if Path(path).exists()), None)
    return ImageFont.truetype(found, size) if found else ImageFont.load_default(size)


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "png":
        picture.save(out, "PNG", optimize=False)
    else:
        picture.save(out, "JPEG", quality=70)
    return out.getvalue()


def goods_picture(listing: Listing, number: int, kind: str) -> bytes:
    """The n-th picture of a listing, 320 by 240, as ``png`` or ``jpg``."""
    rng = dice(0, "picture", listing.id, number)
    ground = (rng.randint(170, 240), rng.randint(170, 240), rng.randint(170, 240))
    picture = Image.new("RGB", (320, 240), ground)
    draw = ImageDraw.Draw(picture)
    ink = (rng.randint(20, 120), rng.randint(20, 120), rng.randint(20, 120))
    draw.ellipse((90 - 10 * number, 50, 230 + 10 * number, 180), fill=ink)
    draw.text((14, 12), listing.brand, fill=(40, 40, 40), font=_font(20))
    draw.text((14, 196), f"{listing.noun} {number}", fill=(20, 20, 20), font=_font(24))
    return _saved(picture, kind)


def licence_picture(shop: Shop) -> bytes:
    """A picture of the licence: the lines of the licence page."""
    picture = Image.new("RGB", (760, 480), (252, 250, 240))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((8, 8, 751, 471), outline=(170, 40, 40), width=3)
    draw.text((300, 26), "营业执照", fill=(150, 20, 20), font=_font(36))
    for row, (key, value) in enumerate(licence_rows(shop)):
        draw.text((40, 96 + row * 42), f"{key}  {value[:34]}", fill=(30, 30, 30), font=_font(19))
    draw.text((560, 440), "（测试样本）", fill=(120, 120, 120), font=_font(16))
    return _saved(picture, "png")
