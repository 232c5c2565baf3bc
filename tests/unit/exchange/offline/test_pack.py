"""Making packages: sizes of volumes, files that change meanwhile, and the round trip of any content."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.offline import pack
from exchange.offline.errors import OfflineError
from exchange.offline.manifest import GENESIS
from exchange.offline.opening import inspect, take_volumes, unpack
from exchange.offline.pack import Order, write_package
from kernel.crypto import digest_file
from tests.unit.exchange.offline.conftest import AT, HERE, THERE, hand


@pytest.fixture(autouse=True)
def small_chunks() -> Iterator[None]:
    """Chunks of 64 bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "CHUNK_BYTES", 64)
        yield


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=6), st.integers(1, 5))
def test_whatever_goes_in_comes_out(contents: list[bytes], per_volume: int) -> None:
    """Files that end within a chunk, at its end, or are empty; volumes of any size, none beyond it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = []
        for number, data in enumerate(contents):
            path = folder / str(number)
            path.write_bytes(data)
            files.append((f"files/{number}", path))
        order = Order(1, GENESIS, "p", 0, volume_bytes=per_volume * 92)
        made = write_package(hand(HERE, THERE), order, files, folder / "out", at=AT)
        assert all((folder / "out" / one.name).stat().st_size == one.size <= per_volume * 92 for one in made.volumes)
        arrived = inspect(folder / "out", lambda peer: hand(THERE, peer))
        assert arrived.manifest == made
        assert take_volumes(arrived, folder / "out", folder / "in") == ()
        places = unpack(arrived, folder / "in", folder / "content")
        assert [places[f"files/{number}"].read_bytes() for number in range(len(contents))] == contents


def test_volumes_hold_one_chunk_at_least(tmp_path: Path) -> None:
    """Smaller ones are refused before anything is written."""
    (tmp_path / "a").write_bytes(b"x")
    order = Order(1, GENESIS, "p", 0, volume_bytes=91)
    with pytest.raises(OfflineError):
        write_package(hand(HERE, THERE), order, [("a", tmp_path / "a")], tmp_path / "out", at=AT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("later", [b"y" * 300, b"x" * 100, b"x" * 500])
def test_a_file_that_changes_meanwhile_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: bytes
) -> None:
    """Other bytes, fewer or more: there is no manifest, and so no package."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * 300)
    before = digest_file(path)

    def changes(place: Path) -> dict[str, str]:
        place.write_bytes(later)
        return before

    monkeypatch.setattr(pack, "digest_file", changes)
    order = Order(1, GENESIS, "p", 0)
    with pytest.raises(OfflineError):
        write_package(hand(HERE, THERE), order, [("a", path)], tmp_path / "out", at=AT)
    assert not (tmp_path / "out" / "package.json").exists()
