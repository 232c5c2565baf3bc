"""Memory that the C library keeps for later, given back to the system before a process is forked many times."""

import contextlib
import ctypes
import gc


def settle() -> None:
    """Make what is loaded now good to share with forked children.

    Garbage goes, what is free goes back to the system, and what stays is not looked at by the collector any more, and
    so not copied for its sake.

    Effects: the collector's permanent generation. Where the C library cannot give memory back, nothing else is missing.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
