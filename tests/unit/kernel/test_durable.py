"""Durable names."""

from pathlib import Path

import pytest

from kernel.durable import synchronise


def test_a_folder_is_synchronised_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    """A folder passes; a file and a missing folder are told as the file system tells them."""
    synchronise(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(NotADirectoryError):
        synchronise(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        synchronise(tmp_path / "none")
