"""The file store against a small disk, killed writers and other hindrances."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.errors import DiskFullError, StoreConflictError, StoreDamagedError, StoreError
from evidence.store_files import FileStore
from kernel.clock import now

SIZE = 3_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes: tmpfs, else a loop device; never skipped."""
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        image = tmp_path / "image"
        image.write_bytes(bytes(2_000_000))
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)  # noqa: S607 - a system tool
        subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)  # noqa: S607 - a system tool
    yield mount
    subprocess.run(["umount", str(mount)], check=True)  # noqa: S607 - a system tool


def big(folder: Path, size: int = SIZE) -> tuple[Path, str]:
    """A file that does not fit, and its digest."""
    data = os.urandom(size)
    path = folder / "big"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def test_full_disk_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    """No room: a typed error, nothing half visible, and it works again once there is room."""
    store = FileStore(small_disk / "evidence", at=now())
    path, digest = big(tmp_path)
    with pytest.raises(DiskFullError) as refused:
        store.put(path, sha256=digest)
    assert refused.value.code == "evidence.disk_full"
    assert refused.value.hint
    assert not store.exists(digest)
    assert list(store.keys()) == []
    assert list((small_disk / "evidence" / "incoming").iterdir()) == []
    small, key = big(tmp_path, 1000)
    store.put(small, sha256=key)
    assert store.check(key) == 1000


def test_restoring_on_a_full_disk_changes_nothing(small_disk: Path, tmp_path: Path) -> None:
    """The damaged bytes stay under the key, nothing is in quarantine, and with room the same call ends it."""
    store = FileStore(small_disk / "evidence", at=now())
    path, digest = big(tmp_path, 900_000)
    store.put(path, sha256=digest)
    store.path(digest).chmod(0o644)
    store.path(digest).write_bytes(b"damaged")
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1_500_000))
    with pytest.raises(DiskFullError):
        store.restore(path, sha256=digest, at=now())
    assert store.path(digest).read_bytes() == b"damaged"
    assert not (small_disk / "evidence" / "quarantine").exists()
    filler.unlink()
    kept = store.restore(path, sha256=digest, at=now())
    assert Path(kept).read_bytes() == b"damaged"
    assert store.check(digest) == 900_000


def test_fetch_to_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """The target has no room: nothing appears."""
    store = FileStore(tmp_path / "evidence", at=now())
    path, digest = big(tmp_path)
    store.put(path, sha256=digest)
    with pytest.raises(DiskFullError):
        store.fetch(digest, small_disk / "copy")
    assert list(small_disk.iterdir()) == []


def test_objects_are_read_only_and_links_do_not_replace(tmp_path: Path) -> None:
    """Mode 0444; a name that is taken by other bytes stays, and is told."""
    store = FileStore(tmp_path / "evidence", at=now())
    path, digest = big(tmp_path, 100)
    store.put(path, sha256=digest)
    assert store.path(digest).stat().st_mode & 0o777 == 0o444


def test_name_taken_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers at once: the second finds the first one's object and checks it."""
    store = FileStore(tmp_path / "evidence", at=now())
    path, digest = big(tmp_path, 100)
    real = os.link

    def link(source: Path, target: Path) -> None:
        real(source, target)
        raise FileExistsError(17, "exists")

    monkeypatch.setattr("evidence.store_files.os.link", link)
    assert store.put(path, sha256=digest) == digest
    assert store.check(digest) == 100

    def spoil(source: Path, target: Path) -> None:
        target.write_bytes(b"other")
        raise FileExistsError(17, "exists")

    monkeypatch.setattr("evidence.store_files.os.link", spoil)
    other, key = big(tmp_path, 200)
    with pytest.raises(StoreDamagedError):
        store.put(other, sha256=key)


def test_leftovers_of_killed_writers_go(tmp_path: Path) -> None:
    """A day-old temporary file is removed when the store is opened; a fresh one stays."""
    incoming = tmp_path / "evidence" / "incoming"
    incoming.mkdir(parents=True)
    for name, age in (("old", timedelta(days=2)), ("new", timedelta(minutes=1))):
        (incoming / name).touch()
        moment = (now() - age).timestamp()
        os.utime(incoming / name, (moment, moment))
    store = FileStore(tmp_path / "evidence", at=now())
    assert [path.name for path in incoming.iterdir()] == ["new"]
    assert list(store.keys()) == []


def test_places_that_cannot_be_used(tmp_path: Path) -> None:
    """A file in the way, a source that is gone, an object that is a folder: typed errors."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        FileStore(tmp_path / "file", at=now())
    store = FileStore(tmp_path / "evidence", at=now())
    with pytest.raises(StoreError):
        store.put(tmp_path / "nothing", sha256="0" * 64)
    store.path("1" * 64).mkdir(parents=True)
    with pytest.raises(StoreError):
        store.check("1" * 64)
    path, digest = big(tmp_path, 10)
    path.write_bytes(b"changed")
    with pytest.raises(StoreConflictError):
        store.put(path, sha256=digest)
