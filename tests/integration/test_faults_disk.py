"""A full disk, as data directory and as evidence store: named, nothing half-written, and finished with room."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.servers.installation import Done, Installation, installed, offending
from tests.servers.timestamps import timestamping
from tests.servers.tiny_shop import TinyShop, serving

MEGABYTE = 1_000_000
pytestmark = pytest.mark.timeout(900)  # for machines that do much else
FILLER = "filler"
FULL = re.compile(r"\[(pipeline\.disk_full|kernel\.database_unavailable)\]")
"""Whoever meets the full disk first says so: the command itself, or the database it writes to."""


class SmallDisk:
    """A small file system in memory, mounted on a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)

    def resize(self, size: int) -> None:
        """Make room."""
        subprocess.run(["/bin/mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def close(self) -> None:
        """Unmount; what still has a file open loses it later."""
        subprocess.run(["/bin/umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A shop with one offence."""
    with serving(offending(TinyShop())) as made:
        yield made


def _installed(tmp_path: Path, shop: TinyShop) -> Iterator[Installation]:
    with timestamping(tmp_path / "tsa") as timestamps, installed(tmp_path / "data") as made:
        made.use(timestamps)
        made.allow.append(f"127.0.0.1:{shop.port}")
        yield made


@pytest.fixture
def installation(tmp_path: Path, shop: TinyShop) -> Iterator[Installation]:
    """An installation that may reach the shop."""
    yield from _installed(tmp_path, shop)


def _whole(installation: Installation) -> bool:
    database = installation.database()
    with database.read() as session:
        said = session.execute(text("PRAGMA integrity_check")).scalar_one()
    database.close()
    return bool(said == "ok")


def _fill_once_there_are_pages(folder: Path) -> None:
    deadline = time.monotonic() + 240
    while not list(folder.glob("pages/*.warc.gz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    with (folder / FILLER).open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 65_536)


@pytest.mark.parametrize("free", [0, 3 * MEGABYTE, None])
def test_a_full_data_directory(tmp_path: Path, shop: TinyShop, free: int | None) -> None:
    """Full at the start, or filling up while the job runs: the command ends and says so; with room it finishes."""
    disk = SmallDisk(tmp_path / "data", 120 * MEGABYTE)
    try:
        for installation in _installed(tmp_path, shop):
            if free is None:
                process = installation.start("watch", shop.url)
                _fill_once_there_are_pages(installation.folder)
                output, _ = process.communicate(timeout=240)
                done = Done(process.returncode, output)
                (installation.folder / FILLER).unlink()
            else:
                disk.resize(free or 4096)
                done = installation.run("watch", shop.url)
                disk.resize(120 * MEGABYTE)
            assert done.code == 1, done.output
            assert FULL.search(done.output), done.output
            assert "room" in done.output
            before = installation.count() if (installation.folder / "wangjian.db").exists() else None
            assert before is None or _whole(installation)
            done = installation.run("watch", shop.url)
            assert done.code == 0, done.output
            after = installation.count()
            assert (after.shops, after.listings, after.sealed, after.outbox) == (1, 2, 1, 0)
            assert before is None or after.holds(before)
            assert installation.packages() == [installation.evidence()[0].store_key]
    finally:
        disk.close()


def test_a_full_evidence_store(installation: Installation, tmp_path: Path, shop: TinyShop) -> None:
    """The capture is kept, no half package shows, the order says so; with room the same capture is sealed."""
    disk = SmallDisk(tmp_path / "data" / "evidence", 100_000)
    try:
        done = installation.run("capture", f"{shop.url}item/1", "--purpose", "测试")
        assert done.code == 1, done.output
        assert "[evidence.disk_full]" in done.output
        assert "Free some room" in done.output
        row = installation.evidence()[0]
        assert (row.state, row.last_error_code, installation.packages()) == ("captured", "evidence.disk_full", [])
        before = installation.count()
        disk.resize(60 * MEGABYTE)
        done = installation.run("capture", f"{shop.url}item/1", "--purpose", "测试")
        assert done.code == 0, done.output
        rows = installation.evidence()
        assert {found.state for found in rows} == {"sealed"}
        assert rows[0].captured_at == row.captured_at
        assert installation.packages() == sorted(found.store_key for found in rows)
        assert installation.count().holds(before)
    finally:
        disk.close()
