"""Files that are there whole or not at all, also after a power cut."""

import os
import tempfile
from pathlib import Path

from kernel.durable import synchronise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside, synchronise it, and put it in its place.

    Effects: the file and its folders; readable by all, as everything in the log's folder is public.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(descriptor, 0o644)
            os.fsync(descriptor)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    synchronise(path.parent)
