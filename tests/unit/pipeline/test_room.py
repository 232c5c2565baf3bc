"""Room on the disk."""

import errno
import os
from pathlib import Path

import pytest

from pipeline.errors import DiskFullError, FilesError
from pipeline.room import FULL, LEAST_BYTES, file_error, require_room


def test_a_folder_with_room_is_left_as_it_was(tmp_path: Path) -> None:
    """It is made when missing, and the probe is gone."""
    folder = tmp_path / "data" / "deep"
    require_room(folder)
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do; and nothing is left behind."""

    def full(_descriptor: int, _offset: int, size: int) -> None:
        assert size == LEAST_BYTES
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskFullError) as caught:
        require_room(tmp_path)
    assert "make room" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_one_is_another_error(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "data").write_text("x")
    with pytest.raises(FilesError):
        require_room(tmp_path / "data")


@pytest.mark.parametrize("number", sorted(FULL))
def test_quota_and_limit_are_a_full_disk_too(number: int, tmp_path: Path) -> None:
    """Whatever word the file system has for it."""
    assert isinstance(file_error(OSError(number, os.strerror(number)), tmp_path), DiskFullError)


def test_any_other_refusal_names_the_file(tmp_path: Path) -> None:
    """The file, or the folder where the system names none."""
    named = file_error(OSError(errno.EACCES, "Permission denied", "/x/y"), tmp_path)
    assert isinstance(named, FilesError)
    assert "/x/y" in named.message
    assert str(tmp_path) in file_error(OSError(errno.EIO, "Input/output error"), tmp_path).message
