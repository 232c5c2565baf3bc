"""Before a fork, and where pages come one after another."""

import gc
import subprocess
import sys

from kernel.free_memory import seldom_collected, settle


def test_what_is_there_is_left_to_itself() -> None:
    """The collector has nothing of it to look at any more."""
    before = gc.get_freeze_count()
    try:
        settle()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_collected_seldom_for_a_while() -> None:
    """And as before afterwards."""
    before = gc.get_threshold()
    with seldom_collected(50_000):
        assert gc.get_threshold() == (50_000, *before[1:])
    assert gc.get_threshold() == before


def test_freed_memory_is_kept() -> None:
    """What was freed is there without asking the system again: no new pages the second time."""
    asked = """
import ctypes, resource
from kernel.free_memory import keep_freed
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    place = library.malloc(900_000)
    ctypes.memset(ctypes.c_void_p(place), 1, 900_000)
    library.free(place)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
keep_freed(8_000_000)
print(faults() > 50, faults() > 50)
"""
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == ["True", "False"]
