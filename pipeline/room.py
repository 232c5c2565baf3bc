"""Room: whether the disk takes what the job will write, and what a refusal of the file system means."""

import errno
import os
from pathlib import Path

from kernel.errors import WangjianError
from pipeline.errors import DiskFullError, FilesError

LEAST_BYTES = 2_000_000
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def require_room(folder: Path, size: int = LEAST_BYTES) -> None:
    """See that the folder takes some more bytes, under every quota.

    A job on a full disk cannot even write down that it failed; so the command looks for itself.

    Args:
        folder: where the job writes, made when missing. size: bytes.

    Raises:
        DiskFullError: no room. FilesError: the folder cannot be written.

    Effects: a file that is gone again at once.
    """
    probe = folder / f".room-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise file_error(error, folder) from error


def file_error(error: OSError, folder: Path) -> WangjianError:
    """The typed error for what the file system said.

    Args:
        error: from the operating system. folder: where room is needed, for the hint.
    """
    if error.errno in FULL:
        return DiskFullError(
            f"expected room on the disk of {folder}, got: {error.strerror}",
            hint="腾出空间后再次执行同一命令 make room, then give the same command again; nothing recorded is lost.",
        )
    where = error.filename or folder
    return FilesError(
        f"expected to use {where}, got: {error.strerror or error}", hint="Check that it is there and who may write it."
    )
