"""Pictures for the report: screenshots cut into pages and shrunk. Derived, never the originals."""

import filecmp
import io
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from PIL import Image, UnidentifiedImageError

IMAGE_PX, MAX_TILES, JPEG_QUALITY = 1400, 3, 78
"""A usual window is narrower: its pixels go on paper as they are, which is clearer and a third of the work."""
LEAST_PX, TILE_TALL = 1000, 1.38
THUMB_PX, THUMB_TALL = 480, 640


@dataclass(frozen=True, slots=True)
class Screen:
    """One screenshot for the report.

    Attributes:
        name: of the original in the package. parts: JPEG pictures of at most one page each, none when
            it cannot be read. thumb: its top, small; empty when it cannot be read. whole: whether the
            parts show all of it.
    """

    name: str
    parts: tuple[bytes, ...]
    thumb: bytes
    whole: bool


def _jpeg(picture: Image.Image) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=JPEG_QUALITY)
    return sink.getvalue()


def screen(path: Path, name: str) -> Screen:
    """A screenshot as pictures for the report."""
    try:
        with Image.open(path) as source:
            # Of a page's picture of 30 MB there is no second copy: each part is shrunk out of the first.
            picture = source if source.mode == "RGB" else source.convert("RGB")
            picture.load()
            return _shown(picture, name)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return Screen(name, (), b"", whole=False)


def _shown(picture: Image.Image, name: str) -> Screen:
    scale = max(1.0, picture.width / IMAGE_PX)
    width, height = min(picture.width, IMAGE_PX), max(1, round(picture.height / scale))

    def part(top: int, bottom: int) -> Image.Image:
        box = (0, top * scale, picture.width, min(picture.height, bottom * scale))
        if scale == 1:
            return picture.crop((0, top, width, bottom))
        return picture.resize((width, bottom - top), Image.Resampling.BILINEAR, box=box, reducing_gap=1.5)

    tile = round(max(width, LEAST_PX) * TILE_TALL)
    shown = min(height, tile * MAX_TILES)
    first = part(0, min(shown, tile))
    rest = (part(top, min(shown, top + tile)) for top in range(tile, shown, tile))
    parts = tuple(_jpeg(one) for one in chain([first], rest))
    top = first.crop((0, 0, width, min(height, width * THUMB_TALL // THUMB_PX)))
    top.thumbnail((THUMB_PX, THUMB_TALL), Image.Resampling.BILINEAR, reducing_gap=1.5)
    return Screen(name, parts, _jpeg(top), whole=shown == height)


def begin(folder: Path, pool: Executor) -> list[Future[Screen]]:
    """Start to make the pictures of ``data/screens`` while other work goes on, in name order."""
    paths = sorted((folder / "data" / "screens").glob("*.png"))
    made: list[Future[Screen]] = []
    for place, path in enumerate(paths):
        name = f"data/screens/{path.name}"
        # A page that scrolling did not change is pictured twice with the same bytes.
        if place and filecmp.cmp(paths[place - 1], path, shallow=False):
            made.append(pool.submit(_renamed, made[-1], name))
        else:
            made.append(pool.submit(screen, path, name))
    return made


def _renamed(earlier: Future[Screen], name: str) -> Screen:
    return replace(earlier.result(), name=name)


def screens_of(folder: Path) -> tuple[Screen, ...]:
    """The pictures, made at once."""
    with ThreadPoolExecutor(1) as pool:
        return tuple(future.result() for future in begin(folder, pool))
