"""Numbers of processes of this machine: whether one still stands for a process that runs."""

import os

import psutil


def is_over(pid: int) -> bool:
    """Whether a process has ended; one that nobody has buried yet has ended too. Another account's can live unseen."""
    try:
        os.kill(pid, 0)
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except (ProcessLookupError, OverflowError, psutil.NoSuchProcess):
        return True
    except PermissionError:
        return False
