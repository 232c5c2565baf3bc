"""The parent of a process: some must not outlive it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the one that started it dies, however that dies.

    Args:
        parent: process id of the one that started it; when that is dead already, this one ends here.

    Effects: Linux only; elsewhere the process has to see for itself that it is alone.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
