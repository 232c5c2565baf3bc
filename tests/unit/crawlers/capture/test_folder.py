"""Files appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from crawlers.capture.errors import CaptureError
from crawlers.capture.folder import partial_of, write_folder


def test_all_files_appear(tmp_path: Path) -> None:
    """Nested files with their content; what an earlier crash left is swept away."""
    out = tmp_path / "ev"
    partial_of(out).mkdir()
    (partial_of(out) / "old").write_bytes(b"half")
    write_folder(out, {"a/b/c": b"1" * 100_000, "d": b""})
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {"a/b/c", "d"}
    assert (out / "a/b/c").read_bytes() == b"1" * 100_000
    assert not partial_of(out).exists()


@pytest.mark.parametrize(("number", "hint"), [(errno.ENOSPC, "space"), (errno.EACCES, "rights")])
def test_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, hint: str) -> None:
    """When the disk refuses, neither the folder nor its half remains, and the hint says what to do."""

    def refuse(descriptor: int, data: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("crawlers.capture.folder.os.write", refuse)
    with pytest.raises(CaptureError) as caught:
        write_folder(tmp_path / "ev", {"a": b"1"})
    assert caught.value.code == "capture.disk"
    assert hint in caught.value.hint
    assert list(tmp_path.iterdir()) == []
