"""The tree on disk, as tiles that third-party clients read: 256 hashes a file, entries beside them.

A projection of the leaves in the database, and a second memory of them: a tile never changes, so one
that would is a sign that leaves were changed.

Spec: C2SP tlog-tiles.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from evidence.log import merkle
from evidence.log.errors import LogChangedError, LogError
from evidence.log.files import write_whole

WIDTH, HEIGHT = 256, 8
HASH = merkle.SIZE
CHECKPOINT = "checkpoint"
_SIZE_FILE, _AUDITED_FILE = "size", "audited"
_CACHED = 64
_TILE_NAME = re.compile(
    r"tile/(?:entries|[1-5]?[0-9]|6[0-3])/(?:x[0-9]{3}/){0,6}[0-9]{3}"
    r"(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


def public_file(folder: Path, name: str) -> bytes | None:
    """The bytes of a file that clients may read, or none: another name, no such file, no plain file.

    Args:
        folder: of the log. name: ``checkpoint`` or that of a tile, as it came over the wire.
    """
    if name != CHECKPOINT and not _TILE_NAME.fullmatch(name):
        return None
    path = folder / name
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def tile_name(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile lies below the log's address; level -1 is that of entries. Spec: C2SP tlog-tiles (Merkle Tree)."""
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{'entries' if level < 0 else level}/{'/'.join(parts)}{partial}"


def _bundle(entries: Iterable[str]) -> bytes:
    """Entries, each after its length in two bytes. Spec: C2SP tlog-tiles (Log entries)."""
    lines = [entry.encode("ascii") for entry in entries]
    return b"".join(len(line).to_bytes(2, "big") + line for line in lines)


def unbundle(data: bytes) -> list[str]:
    """The entries of a bundle.

    Raises:
        LogError: cut short, or no ASCII.
    """
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        line = data[at + 2 : at + 2 + length]
        if len(line) != length or not length or not line.isascii():
            raise LogError(f"expected entries after their lengths, got a bundle cut at {at}", hint="wangjian log audit")
        entries.append(line.decode("ascii"))
        at += 2 + length
    return entries


def _pyramid(data: bytes) -> tuple[tuple[bytes, ...], ...]:
    """All complete subtrees of a tile's hashes, the hashes themselves first."""
    row = tuple(data[at : at + HASH] for at in range(0, len(data), HASH))
    rows = [row]
    while len(row) > 1:
        row = tuple(merkle.node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2))
        rows.append(row)
    return tuple(rows)


class Tiles:
    """The folder of one log.

    Args:
        folder: made when something is written; nothing else may lie in it.

    Attributes:
        size: number of leaves that are all on disk, as far as this object has seen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self._subtrees = lru_cache(maxsize=_CACHED)(self._read_subtrees)
        self.refresh()

    def refresh(self) -> None:
        """Look again how many leaves are all on disk; 0 when the folder is new or that cannot be read."""
        try:
            self.size = int((self.folder / _SIZE_FILE).read_bytes())
        except (OSError, ValueError):
            self.size = 0
        self._subtrees.cache_clear()

    def checkpoint(self) -> bytes | None:
        """The note that clients are shown, or none."""
        try:
            return (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return None

    def show(self, note: bytes) -> bool:
        """Show this note to clients; whether another one stood there, or none. Effects: file ``checkpoint``."""
        if self.checkpoint() == note:
            return False
        write_whole(self.folder / CHECKPOINT, note)
        return True

    def stored(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree; see ``merkle.Stored``.

        Raises:
            LogError: outside the tree, or the tile is gone or cut; ``clear`` and ``extend`` mend that.
        """
        if index < 0 or (index + 1) << level > self.size:
            raise LogError(f"expected a subtree of a tree of {self.size} leaves, got level {level}, index {index}")
        tile_level, above = divmod(level, HEIGHT)
        place = index << above
        rows = self._subtrees(tile_level, place // WIDTH, self._width(tile_level, place // WIDTH))
        return rows[above][(place % WIDTH) >> above]

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """Hashes of the leaves ``start`` to ``end - 1``, all of them on disk."""
        return [self.stored(0, index) for index in range(start, end)]

    def audited(self) -> tuple[int, bytes]:
        """Size and root up to which the log was found whole last; 0 and the empty root when that cannot be read."""
        try:
            size, root = (self.folder / _AUDITED_FILE).read_text("ascii").split()
            return int(size), bytes.fromhex(root)
        except (OSError, ValueError):
            return 0, merkle.EMPTY

    def set_audited(self, size: int, root: bytes) -> None:
        """Remember up to where the log was found whole. Effects: file ``audited``."""
        write_whole(self.folder / _AUDITED_FILE, f"{size} {root.hex()}\n".encode())

    def extend(self, start: int, leaves: Sequence[tuple[str, bytes]]) -> None:
        """Write the tiles of further leaves.

        Args:
            start: index of the first one given; not above ``size``. What is on disk is compared.
            leaves: entry and leaf hash, in order.

        Raises:
            LogChangedError: a tile on disk holds other hashes than these. LogError: a tile is gone.

        Effects: files below ``tile/``, file ``size``.
        """
        old = self.size
        size = max(old, start + len(leaves))
        known = min(old, start + len(leaves))
        if start > old:
            raise LogError(f"expected leaves from {old} on, got those from {start} on")
        if self.leaf_hashes(start, known) != [value for _, value in leaves[: known - start]]:
            raise LogChangedError(
                f"expected the leaves {start} to {known - 1} as they are in the tiles, got others",
                hint="wangjian log audit",
            )
        if size == old:
            return
        self._write_leaves(old, size, leaves[old - start :])
        self._write_above(old, size)
        write_whole(self.folder / _SIZE_FILE, f"{size}\n".encode())
        self.refresh()

    def holds(self, start: int, leaves: Sequence[tuple[str, bytes]]) -> bool:
        """Whether the tiles of one group of leaves (hashes and entries) are there and hold just these."""
        try:
            hashes = self._tile(0, start // WIDTH, len(leaves))
            entries = self._tile(-1, start // WIDTH, len(leaves))
        except LogError:
            return False
        return (hashes, entries) == (b"".join(value for _, value in leaves), _bundle(line for line, _ in leaves))

    def is_folded(self) -> bool:
        """Whether every tile above the leaves is there and follows from the tiles below it."""
        level = 1
        while count := self.size >> (HEIGHT * level):
            for number in range(-(-count // WIDTH)):
                first, last = number * WIDTH, min(count, (number + 1) * WIDTH)
                try:
                    below = b"".join(_pyramid(self._tile(level - 1, at, WIDTH))[-1][0] for at in range(first, last))
                    if self._tile(level, number, last - first) != below:
                        return False
                except LogError:
                    return False
            level += 1
        return True

    def clear(self) -> None:
        """Take all tiles away, to write them anew; the checkpoint stays. Effects: files below ``tile/``."""
        (self.folder / _SIZE_FILE).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "tile", ignore_errors=True)
        self.refresh()

    def _write_leaves(self, old: int, size: int, leaves: Sequence[tuple[str, bytes]]) -> None:
        for number in range(old // WIDTH, (size - 1) // WIDTH + 1):
            first = number * WIDTH
            part = leaves[max(first - old, 0) : first + WIDTH - old]
            hashes, entries = b"".join(value for _, value in part), _bundle(entry for entry, _ in part)
            if first < old:
                hashes = self._tile(0, number, old - first) + hashes
                entries = self._tile(-1, number, old - first) + entries
            self._write_tile(0, number, hashes, len(hashes) // HASH)
            self._write_tile(-1, number, entries, len(hashes) // HASH)

    def _write_above(self, old: int, size: int) -> None:
        level = 1
        while size >> (HEIGHT * level):
            before, after = old >> (HEIGHT * level), size >> (HEIGHT * level)
            for number in range(before // WIDTH, (after - 1) // WIDTH + 1) if after > before else ():
                first = max(before, number * WIDTH)
                last = min(after, (number + 1) * WIDTH)
                hashes = b"".join(_pyramid(self._tile(level - 1, below, WIDTH))[-1][0] for below in range(first, last))
                if first > number * WIDTH:
                    hashes = self._tile(level, number, first - number * WIDTH) + hashes
                self._write_tile(level, number, hashes, last - number * WIDTH)
            level += 1

    def _write_tile(self, level: int, number: int, data: bytes, width: int) -> None:
        path = self.folder / tile_name(level, number, width)
        there = path.read_bytes() if path.is_file() else None
        if there is not None and there != data:
            raise LogChangedError(
                f"expected {tile_name(level, number, width)} to stay as it is, got other hashes for it",
                hint="wangjian log audit",
            )
        if there is None:
            write_whole(path, data)
        if width == WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)

    def _width(self, level: int, number: int) -> int:
        return min(WIDTH, (self.size >> (HEIGHT * level)) - number * WIDTH)

    def _tile(self, level: int, number: int, width: int) -> bytes:
        """The first ``width`` hashes or entries of a tile; a partial tile goes when the full one is there."""
        for there in (width, WIDTH):
            try:
                data = (self.folder / tile_name(level, number, there)).read_bytes()
            except OSError:
                continue
            if level < 0:
                return _bundle(unbundle(data)[:width])
            if len(data) == there * HASH:
                return data[: width * HASH]
        name = tile_name(level, number, width)
        raise LogError(f"expected the tile {name} in {self.folder}, got none or one cut", hint="wangjian log audit")

    def _read_subtrees(self, level: int, number: int, width: int) -> tuple[tuple[bytes, ...], ...]:
        return _pyramid(self._tile(level, number, width))
