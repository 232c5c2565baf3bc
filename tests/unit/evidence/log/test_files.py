"""Files whole or not at all."""

from pathlib import Path

import pytest

from evidence.log import files


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Folders are made, nothing is left beside it, everybody may read it."""
    path = tmp_path / "a" / "b"
    files.write_whole(path, b"one")
    files.write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["b"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_nothing_is_left_of_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, and no half of the new one."""
    path = tmp_path / "a"
    files.write_whole(path, b"one")

    def _full(descriptor: int) -> None:
        raise OSError(28, "No space left on device", str(descriptor))

    monkeypatch.setattr("os.fsync", _full)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(path, b"two")
    assert path.read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
