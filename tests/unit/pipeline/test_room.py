"""Room on the disk, and what a refusal of the file system is called."""

import errno
import resource
from pathlib import Path

import pytest

from pipeline.errors import DiskFullError, FilesError
from pipeline.room import file_error, require_room


def test_room_leaves_nothing(tmp_path: Path) -> None:
    """With room the folder is made and stays empty."""
    require_room(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_limit_is_a_full_disk(tmp_path: Path) -> None:
    """A quota counts as much as the disk; nothing is left behind."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(DiskFullError, match="expected room") as caught:
            require_room(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "pipeline.disk_full"
    assert "same command" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """What cannot be a folder is named."""
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(FilesError, match="expected to use"):
        require_room(tmp_path / "data")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_every_kind_of_full(tmp_path: Path, number: int) -> None:
    """Disk, quota and file limit mean the same to a person."""
    assert isinstance(file_error(OSError(number, "full"), tmp_path), DiskFullError)


def test_other_refusals_name_the_file(tmp_path: Path) -> None:
    """The file that was refused is in the message."""
    error = file_error(PermissionError(errno.EACCES, "Permission denied", "/x/y"), tmp_path)
    assert (error.code, "/x/y" in error.message) == ("pipeline.files", True)
