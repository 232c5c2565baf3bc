"""Pictures for the report: screenshots cut into pages and shrunk. Derived, never the originals."""

import io
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

IMAGE_PX, TILE_PX, MAX_TILES, JPEG_QUALITY = 1000, 1380, 3, 78
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
            picture: Image.Image = source.convert("RGB")
            if picture.width > IMAGE_PX:
                height = max(1, round(picture.height * IMAGE_PX / picture.width))
                picture = picture.resize((IMAGE_PX, height), Image.Resampling.BILINEAR, reducing_gap=1.5)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return Screen(name, (), b"", whole=False)
    shown = min(picture.height, TILE_PX * MAX_TILES)
    parts = tuple(
        _jpeg(picture.crop((0, top, picture.width, min(shown, top + TILE_PX)))) for top in range(0, shown, TILE_PX)
    )
    top = picture.crop((0, 0, picture.width, min(picture.height, picture.width * THUMB_TALL // THUMB_PX)))
    top.thumbnail((THUMB_PX, THUMB_TALL), Image.Resampling.BILINEAR, reducing_gap=1.5)
    return Screen(name, parts, _jpeg(top), whole=shown == picture.height)


def begin(folder: Path, pool: Executor) -> list[Future[Screen]]:
    """Start to make the pictures of ``data/screens`` while other work goes on, in name order."""
    paths = sorted((folder / "data" / "screens").glob("*.png"))
    return [pool.submit(screen, path, f"data/screens/{path.name}") for path in paths]


def screens_of(folder: Path) -> tuple[Screen, ...]:
    """The pictures, made at once."""
    with ThreadPoolExecutor(2) as pool:
        return tuple(future.result() for future in begin(folder, pool))
