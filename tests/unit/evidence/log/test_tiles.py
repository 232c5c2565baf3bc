"""Tiles on disk: names and bytes of the specification, the same tree from them, and no silent change."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.log import entry, merkle
from evidence.log.errors import LogChangedError, LogError
from evidence.log.tiles import Tiles, public_file, tile_name, unbundle

LINES = [entry.custody(f"{number:064x}") for number in range(70_000)]
LEAVES = [(line, entry.leaf(line)) for line in LINES]
STORED = merkle.from_leaves([value for _, value in LEAVES])


@pytest.mark.parametrize(
    ("level", "index", "width", "name"),
    [
        (0, 0, 256, "tile/0/000"),
        (3, 1_234_067, 256, "tile/3/x001/x234/067"),
        (-1, 1_234_067, 7, "tile/entries/x001/x234/067.p/7"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 999, 255, "tile/1/999.p/255"),
        (0, 1000, 256, "tile/0/x001/000"),
    ],
)
def test_names_are_those_of_the_specification(level: int, index: int, width: int, name: str) -> None:
    """Groups of three digits, all but the last with an x; the width of a partial tile."""
    assert tile_name(level, index, width) == name


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_clients_read_tiles_and_the_checkpoint_alone(tmp_path: Path) -> None:
    """Every tile under its name; nothing else of the folder, and nothing outside it."""
    tiles = Tiles(tmp_path / "log")
    tiles.extend(0, LEAVES[:300])
    tiles.show(b"note")
    tiles.set_audited(300, bytes(32))
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "log/tile/0/007").symlink_to(tmp_path / "secret")
    for name, data in _files(tmp_path / "log").items():
        expected = None if name in {"size", "audited", "tile/0/007"} else data
        assert public_file(tmp_path / "log", name) == expected
    for name in (
        "",
        "tile",
        "tile/0",
        "tile/0/001.p",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/1",
        "tile/64/000",
        "tile/00/000",
        "tile/0/../../size",
        "tile/0/000/",
        "tile/0/000\n",
        "../secret",
        "checkpoint/",
        "/checkpoint",
    ):
        assert public_file(tmp_path / "log", name) is None


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_small_trees(tmp_path: Path, size: int) -> None:
    """The bytes of every tile, from the definition."""
    tiles = Tiles(tmp_path)
    tiles.extend(0, LEAVES[:size])
    wanted = {"size": f"{size}\n".encode()}
    for first in range(0, size, 256):
        part = LEAVES[first : min(first + 256, size)]
        wanted[tile_name(0, first // 256, len(part))] = b"".join(value for _, value in part)
        wanted[tile_name(-1, first // 256, len(part))] = b"".join(
            len(line).to_bytes(2, "big") + line.encode() for line, _ in part
        )
    if size >= 256:
        wanted[tile_name(1, 0, size // 256)] = b"".join(STORED(8, index) for index in range(size // 256))
    assert _files(tmp_path) == wanted
    assert merkle.root(size, tiles.stored) == merkle.root(size, STORED)


def test_the_example_of_the_specification(tmp_path: Path) -> None:
    """70,000 leaves: 273 full tiles and one of 112, one full and one of 17 above, one of 1 on top."""
    tiles = Tiles(tmp_path)
    for first in range(0, 70_000, 4_096):
        tiles.extend(first, LEAVES[first : first + 4_096])
    names = set(_files(tmp_path))
    assert {tile_name(0, number) for number in range(273)} < names
    assert {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"} < names
    assert "tile/0/274.p/1" not in names
    assert "tile/3/000.p/1" not in names
    assert merkle.root(70_000, tiles.stored) == merkle.root(70_000, STORED)
    for old, index in ((1, 0), (65_536, 69_999), (12_345, 54_321)):
        assert merkle.inclusion(index, 70_000, tiles.stored) == merkle.inclusion(index, 70_000, STORED)
        assert merkle.consistency(old, 70_000, tiles.stored) == merkle.consistency(old, 70_000, STORED)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_growing_gives_the_same_tree(tmp_path_factory: pytest.TempPathFactory, steps: list[int]) -> None:
    """In any steps, also when some leaves are given again; a second object sees the same."""
    folder = tmp_path_factory.mktemp("tiles")
    tiles, size = Tiles(folder), 0
    for step in steps:
        start = max(0, size - 100)
        tiles.extend(start, LEAVES[start : size + step])
        size += step
        assert tiles.size == size
        assert merkle.root(size, Tiles(folder).stored) == merkle.root(size, STORED)
    assert tiles.leaf_hashes(0, size) == [value for _, value in LEAVES[:size]]
    shutil.rmtree(folder)


@pytest.mark.parametrize("reached", [255, 256, 300, 512, 700])
def test_killed_before_the_size_was_written(tmp_path: Path, reached: int) -> None:
    """The next run begins where the last whole one ended, and finds what it needs."""
    tiles = Tiles(tmp_path)
    tiles.extend(0, LEAVES[:200])
    before = (tmp_path / "size").read_bytes()
    tiles.extend(200, LEAVES[200:reached])
    (tmp_path / "size").write_bytes(before)
    again = Tiles(tmp_path)
    assert again.size == 200
    again.extend(150, LEAVES[150:710])
    assert merkle.root(710, again.stored) == merkle.root(710, STORED)
    assert unbundle((tmp_path / "tile/entries/000").read_bytes()) == LINES[:256]


def test_other_leaves_are_seen(tmp_path: Path) -> None:
    """Given again with a difference, or where a tile is already."""
    tiles = Tiles(tmp_path)
    tiles.extend(0, LEAVES[:300])
    with pytest.raises(LogChangedError):
        tiles.extend(290, [*LEAVES[290:299], LEAVES[0]])
    with pytest.raises(LogChangedError):
        tiles.extend(290, [*LEAVES[290:299], *LEAVES[:3]])
    assert Tiles(tmp_path).size == 300
    (tmp_path / "size").write_bytes(b"256\n")
    with pytest.raises(LogChangedError):
        Tiles(tmp_path).extend(256, LEAVES[1 : 1 + 300 - 256])


def test_gaps_and_damage_are_seen(tmp_path: Path) -> None:
    """Leaves from too far on, tiles gone or cut, a size that is no number."""
    tiles = Tiles(tmp_path)
    with pytest.raises(LogError):
        tiles.extend(1, LEAVES[1:3])
    tiles.extend(0, LEAVES[:300])
    with pytest.raises(LogError):
        tiles.stored(0, 300)
    (tmp_path / "tile/0/000").write_bytes(b"cut")
    tiles.refresh()
    with pytest.raises(LogError):
        tiles.stored(0, 3)
    (tmp_path / "size").write_bytes(b"many")
    tiles.refresh()
    assert tiles.size == 0
    tiles.clear()
    tiles.extend(0, LEAVES[:300])
    assert merkle.root(300, tiles.stored) == merkle.root(300, STORED)
    for bad in (b"\x00", b"\x00\x05ab", b"\x00\x00", b"\x00\x01\xff"):
        with pytest.raises(LogError):
            unbundle(bad)


def test_the_checkpoint_is_kept(tmp_path: Path) -> None:
    """Whole, readable by all, also after the tiles were cleared."""
    tiles = Tiles(tmp_path / "log")
    assert tiles.checkpoint() is None
    tiles.show(b"note")
    tiles.clear()
    assert tiles.checkpoint() == b"note"
    assert (tmp_path / "log/checkpoint").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["checkpoint"]
