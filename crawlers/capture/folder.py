"""Files appear whole or not at all."""

import errno
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar

from crawlers.capture.errors import CaptureError

P = ParamSpec("P")
T = TypeVar("T")


def write_folder(out: Path, files: Mapping[str, bytes], kept: Path | None = None) -> None:
    """Write files below ``out`` so that a crash at any moment leaves either all of them or no ``out``.

    Args:
        out: must not exist yet.
        files: path below ``out`` to content.
        kept: folder of files that are taken over as they lie there, by a second name on the same disk.

    Raises:
        CaptureError: ``disk`` where the disk is full or refuses; nothing is left behind.

    Effects: ``out.partial`` while writing, then ``out``.
    """
    partial = partial_of(out)
    try:
        on_disk(out, _write_all, out, partial, files, kept)
    except CaptureError:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write_all(out: Path, partial: Path, files: Mapping[str, bytes], kept: Path | None) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    folders = {partial}
    taken = [path for path in kept.rglob("*") if path.is_file()] if kept else []
    names = {path.relative_to(kept).as_posix(): path for path in taken} if kept else {}
    for name in [*names, *files]:
        path = partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        folders.update(parent for parent in path.parents if parent.is_relative_to(partial))
    for name, source in names.items():
        os.link(source, partial / name)
        _sync(partial / name)
    for name, data in files.items():
        _write(partial / name, data)
    for folder in folders:
        _sync(folder)
    partial.rename(out)
    _sync(out.parent)


def on_disk(place: Path, action: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Carry out something that writes.

    Raises:
        CaptureError: ``disk`` where the disk is full or refuses.
    """
    try:
        return action(*arguments, **named)
    except OSError as error:
        hint = "Free some space." if error.errno in {errno.ENOSPC, errno.EDQUOT} else "Check the folder and its rights."
        raise CaptureError(
            "disk", f"expected to write {place}, got: {error.strerror}", hint=hint, context={"errno": error.errno}
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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
