"""Memory that is free: given back before a process is forked many times, kept where the next page wants it at once."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator

YOUNG_OBJECTS = 20_000
"""Objects made before the collector looks for cycles: a page makes some thousands that end without it."""
_TRIM, _MMAP = -1, -3
_LARGE = 1 << 20


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


def keep_freed(size: int) -> None:
    """Let this process keep so much freed memory, where to give it back and to ask for it again is work for nothing.

    Args:
        size: bytes, at most.

    Effects: the C library's heap, until the process ends. Where it is another library, nothing.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM, size)
        library.mallopt(_MMAP, _LARGE)


@contextlib.contextmanager
def seldom_collected(young: int = YOUNG_OBJECTS) -> Iterator[None]:
    """Have the collector look for cycles less often while much is made and ends without it."""
    before = gc.get_threshold()
    gc.set_threshold(young, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
