"""Durable names: after this a file that was renamed or made stays there, whatever happens to the machine."""

import os
from pathlib import Path


def synchronise(folder: Path) -> None:
    """Make the names in a folder durable. Raises: OSError as the file system says."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
