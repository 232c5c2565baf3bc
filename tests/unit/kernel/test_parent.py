"""Processes that must not outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from kernel.config import ROOT

PROGRAM = """
import os, sys, time
from kernel.parent import die_with_parent
parent = os.getpid() + (1 if sys.argv[1] == "late" else 0)
child = os.fork()
if child == 0:
    die_with_parent(parent)
    print(os.getpid(), flush=True)
    time.sleep(60)
if sys.argv[1] == "late":
    sys.exit(-os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
time.sleep(60)
"""


def _start(way: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, way], env=environment, stdout=subprocess.PIPE, text=True)


def test_the_child_ends_with_a_parent_that_is_killed() -> None:
    """Although it waits for something else."""
    with _start("well") as process:
        assert process.stdout is not None
        child = Path("/proc", process.stdout.readline().strip())
        assert child.exists()
        process.kill()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and child.exists():
        if (child / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.02)
    else:
        assert not child.exists()


def test_a_child_whose_parent_is_dead_already_ends_at_once() -> None:
    """It would wait for a death that has been."""
    with _start("late") as process:
        assert process.wait(120) == signal.SIGKILL
