"""Hostile packages through ``wangjian verify``: code, hint, exit status; time and memory bounded."""

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence import container
from tests.data.evidence.forge import Bag, Entry, open_bag, zip_bytes
from tests.data.evidence.workshop import open_workshop
from tests.servers.installation import Done, Installation

SECONDS = 30
LIMITS = f"ulimit -f 100 -t {SECONDS} -v 1500000"
"""Blocks written, seconds of processor, kilobytes of address space: beyond them the command dies."""
HUGE = 3_900_000_000


@dataclass(frozen=True)
class Desk:
    """A good package and the installation that verifies."""

    installation: Installation
    bag: Bag
    folder: Path

    def verify(self, data: bytes) -> Done:
        """Verify bytes as a file."""
        path = self.folder / "hostile.zip"
        path.write_bytes(data)
        return self.verify_file(path)

    def verify_file(self, path: Path) -> Done:
        """Verify a file within a bounded address space and time; the file stays as it is and nothing is written."""
        before = (path.stat().st_size, path.stat().st_mtime_ns, sorted(self.folder.rglob("*")))
        start = time.monotonic()
        done = self.installation.run("verify", str(path), timeout=SECONDS * 3, limits=LIMITS)
        assert time.monotonic() - start < SECONDS * 3
        assert before == (path.stat().st_size, path.stat().st_mtime_ns, sorted(self.folder.rglob("*")))
        return done


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One good package for the module."""
    folder = tmp_path_factory.mktemp("desk")
    with open_workshop(tmp_path_factory.mktemp("shop")) as shop:
        bag = open_bag(shop.seal().path, shop)
        options = {"TRUST_LIST": str(shop.settings.trust_path())}
        yield Desk(Installation(folder / "data", options), bag, folder)


def _with(bag: Bag, entry: Entry) -> bytes:
    return zip_bytes([*(Entry(name, data) for name, data in bag.files.items()), entry])


def test_a_package_that_was_cut_short(desk: Desk) -> None:
    """Unreadable: exit status 2, code E100, and the advice to fetch it again."""
    done = desk.verify(desk.bag.zip()[:-1_000])
    assert done.code == 2, done.output
    assert "E100" in done.output
    assert "→" in done.output
    assert "无法读取 UNREADABLE" in done.output


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry("../../escaped", b"x"), "E111"),
        (Entry("/etc/escaped", b"x"), "E111"),
        (Entry("data/link", b"/etc/passwd", mode=0o120777), "E113"),
    ],
)
def test_a_package_that_reaches_out(desk: Desk, entry: Entry, code: str) -> None:
    """Climbing names, absolute names and links are refused before anything is read from them."""
    done = desk.verify(_with(desk.bag, entry))
    assert done.code == 1, done.output
    assert code in done.output
    assert "→" in done.output
    assert "不通过 FAILED" in done.output
    assert not Path("/etc/escaped").exists()


def test_a_compressed_bomb(desk: Desk) -> None:
    """A member that unpacks to far more is refused packed."""
    packed = Entry("data/bomb", b"", stored=b"\x4b\x4c\x04" * 20_000, method=8)
    done = desk.verify(_with(desk.bag, packed))
    assert done.code == 1, done.output
    assert "E114" in done.output


def test_a_directory_bomb(desk: Desk, tmp_path: Path) -> None:
    """A sparse file that states a directory of gigabytes is refused before that is read into memory."""
    path = tmp_path / "sparse.zip"
    end = container.END.pack(container.END_MARK, 0, 0, 9_999, 9_999, HUGE, 0, 0)
    with path.open("wb") as stream:
        stream.write(struct.pack("<4s", container.LOCAL_MARK))
        stream.truncate(HUGE)
        stream.seek(HUGE)
        stream.write(end)
    assert path.stat().st_blocks * 512 < 1_000_000
    done = desk.verify_file(path)
    os.unlink(path)  # noqa: PTH108 - a sparse giant is not left to the next tool
    assert done.code == 1, done.output
    assert "E110" in done.output
