"""Pictures that look the same: where light turns to dark, on a coarse grid, after the margin is cut off.

Two pictures are compared by the share of such turns that they have in common: re-saving, resizing, greying and
small marks change few of them.
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageOps

COLUMNS, ROWS = 24, 9
STEP = 12
"""A turn counts from this many of 255 grey levels on: what compression adds is smaller."""
MAX_PIXELS = 8_000_000
MAX_BYTES = 4_000_000
_LEAST_SIDE = 16
_SHRUNK = 1_200


@dataclass(frozen=True, slots=True)
class PictureHash:
    """What is compared. ``turns`` has a bit for each place and direction; ``aspect`` is width by height."""

    turns: int
    aspect: float

    def likeness(self, other: "PictureHash") -> float:
        """Share of turns in common, 0 to 1; 0 where the forms differ by more than a third."""
        if not 0.66 < self.aspect / other.aspect < 1.5:
            return 0.0
        together = (self.turns | other.turns).bit_count()
        return (self.turns & other.turns).bit_count() / together if together else 0.0


def hash_bytes(data: bytes) -> PictureHash | None:
    """The hash of an image file; None where it is none, or too large or too small to be looked at."""
    if len(data) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data)) as opened:
                if opened.width * opened.height > MAX_PIXELS or min(opened.size) < _LEAST_SIDE:
                    return None
                return hash_picture(opened)
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, Warning, Image.DecompressionBombError):
        return None  # a hostile or broken file is no picture


def hash_picture(picture: Image.Image) -> PictureHash | None:
    """The hash of a picture; None for one without anything on it."""
    grey = _on_white(picture)
    grey = _without_margin(grey)
    if min(grey.size) < _LEAST_SIDE // 2:
        return None
    aspect = grey.width / grey.height
    small = ImageOps.autocontrast(grey).resize((COLUMNS + 1, ROWS + 1), Image.Resampling.BOX)
    cells = small.tobytes()
    turns = 0
    for row in range(ROWS):
        for column in range(COLUMNS):
            here = cells[row * (COLUMNS + 1) + column]
            beside = here - cells[row * (COLUMNS + 1) + column + 1]
            below = here - cells[(row + 1) * (COLUMNS + 1) + column]
            for change in (beside, -beside, below, -below):
                turns = turns << 1 | (change >= STEP)
    return PictureHash(turns, aspect) if turns else None


def _on_white(picture: Image.Image) -> Image.Image:
    picture.thumbnail((_SHRUNK, _SHRUNK))
    with_alpha = picture.convert("RGBA")
    ground = Image.new("RGBA", with_alpha.size, "#ffffff")
    return Image.alpha_composite(ground, with_alpha).convert("L")


def _without_margin(grey: Image.Image) -> Image.Image:
    """Cut off a thin frame line and the even margin; faint lines count as margin."""
    inset = max(1, round(min(grey.size) * 0.02))
    inner = grey.crop((inset, inset, grey.width - inset, grey.height - inset))
    ground = Image.new("L", inner.size, inner.getpixel((0, 0)))
    box = ImageChops.difference(inner, ground).point(lambda level: 255 if level > 60 else 0).getbbox()
    return inner.crop(box) if box else grey
