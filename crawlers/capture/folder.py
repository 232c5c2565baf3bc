"""Files appear whole or not at all."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from crawlers.capture.errors import CaptureError


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write files below ``out`` so that a crash at any moment leaves either all of them or no ``out``.

    Args:
        out: must not exist yet.
        files: path below ``out`` to content.

    Raises:
        CaptureError: ``disk`` where the disk is full or refuses; nothing is left behind.

    Effects: ``out.partial`` while writing, then ``out``.
    """
    partial = partial_of(out)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        folders = {partial}
        for name, data in files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(parent for parent in path.parents if parent.is_relative_to(partial))
            _write(path, data)
        for folder in folders:
            _sync_folder(folder)
        partial.rename(out)
        _sync_folder(out.parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        hint = "Free some space." if error.errno in {errno.ENOSPC, errno.EDQUOT} else "Check the folder and its rights."
        raise CaptureError(
            "disk", f"expected to write {out}, got: {error.strerror}", hint=hint, context={"errno": error.errno}
        ) from error


def partial_of(out: Path) -> Path:
    """Where a capture is while it is being written."""
    return out.with_name(out.name + ".partial")


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
