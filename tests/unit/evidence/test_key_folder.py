"""The folder of keys."""

import errno
from pathlib import Path

import pytest

from evidence import key_folder
from evidence.errors import KeysError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one key."""
    key_folder.create(tmp_path / "keys", {"one.key": b"1", "one.pem": b"2"})
    return tmp_path / "keys"


def contents(folder: Path) -> dict[str, bytes]:
    """Names and bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_created_private_and_once(folder: Path) -> None:
    """Private files are the owner's; a second creation changes nothing and leaves nothing."""
    assert (folder / "one.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    key_folder.create(folder, {"one.key": b"other"})
    assert contents(folder) == {"one.key": b"1", "one.pem": b"2"}
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_killed_after_the_change_was_made_valid(folder: Path, moved: int) -> None:
    """Whoever comes next finishes it, however far it had come."""
    ready = folder / ".ready-x"
    ready.mkdir()
    (folder / ".new-y").mkdir()
    for name in ("two.key", "two.pem")[moved:]:
        (ready / name).write_bytes(b"new")
    for name in ("two.key", "two.pem")[:moved]:
        (folder / name).write_bytes(b"new")
    with key_folder.held(folder):
        assert contents(folder) == {"one.key": b"1", "one.pem": b"2", "two.key": b"new", "two.pem": b"new"}


def test_change_replaces_all_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves what was there."""
    with key_folder.held(folder):
        key_folder.change(folder, {"one.pem": b"3", "more.salt": b"4"})
    assert contents(folder) == {"one.key": b"1", "one.pem": b"3", "more.salt": b"4"}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with key_folder.held(folder), monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(KeysError, match="No space"):
            key_folder.change(folder, {"one.pem": b"5", "one.key": b"6"})
    with key_folder.held(folder):
        assert contents(folder) == {"one.key": b"1", "one.pem": b"3", "more.salt": b"4"}


def test_read(folder: Path) -> None:
    """Missing files and keys open to others are told."""
    assert key_folder.read(folder, "one.key") == b"1"
    (folder / "one.key").chmod(0o640)
    with pytest.raises(KeysError, match="owner alone"):
        key_folder.read(folder, "one.key")
    with pytest.raises(KeysError, match=r"two\.pem"):
        key_folder.read(folder, "two.pem")


def test_not_a_folder(tmp_path: Path) -> None:
    """A file in the way is a typed error."""
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(KeysError), key_folder.held(tmp_path / "keys"):
        pass
    with pytest.raises(KeysError):
        key_folder.create(tmp_path / "keys", {"a": b""})
