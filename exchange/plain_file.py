"""Reading files that others put into a folder: plain ones only, never through a link, never beyond a limit."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from exchange.errors import PlainFileError


def open_plain(path: Path, most: int) -> BinaryIO:
    """A plain file, opened without following a link.

    Raises:
        PlainFileError: a link, a folder, a device, or larger than ``most`` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise PlainFileError(f"expected the plain file {path.name}, got: {error.strerror}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > most:
        os.close(descriptor)
        raise PlainFileError(f"expected a plain file of at most {most} bytes, got {path.name[:80]!a} of another kind")
    return os.fdopen(descriptor, "rb")
