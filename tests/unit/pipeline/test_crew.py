"""Workers out of one process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from kernel.config import ROOT

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
from pipeline.crew import work_apart, work_together
folder, way = Path(sys.argv[1]), sys.argv[2]
def work():
    (folder / str(os.getpid())).touch()
    if way == "wait":
        time.sleep(60)
    if way == "fail" or (way == "once" and len(list(folder.iterdir())) == 1):
        raise RuntimeError("broken")
if way == "apart":
    sys.exit(work_apart(work))
if way == "apart and fail":
    way = "fail"
    sys.exit(work_apart(work))
sys.exit(work_together(2 if way != "once" else 1, work))
"""


def _start(folder: Path, way: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", PROGRAM, str(folder), way]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)


def test_ends_well_when_all_do(tmp_path: Path) -> None:
    """Each of the crew works once."""
    assert _start(tmp_path, "well").wait(120) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_one_that_fails_is_started_again(tmp_path: Path) -> None:
    """A failure is made good once; one that goes on ends the crew with an error."""
    once, always = tmp_path / "once", tmp_path / "always"
    once.mkdir()
    always.mkdir()
    assert _start(once, "once").wait(120) == 0
    assert len(list(once.iterdir())) == 2
    assert _start(always, "fail").wait(120) == 1
    assert len(list(always.iterdir())) in {6, 7}  # the last may be told to end before it has begun


def test_a_signal_reaches_the_crew(tmp_path: Path) -> None:
    """Who ends the first process ends them all."""
    process = _start(tmp_path, "wait")
    deadline = time.monotonic() + 120
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) != 0
    for path in tmp_path.iterdir():
        assert not Path("/proc", path.name).exists()


def test_work_apart_is_done_once(tmp_path: Path) -> None:
    """By another process, whose end is told."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    process = _start(good, "apart")
    assert process.wait(120) == 0
    assert [path.name for path in good.iterdir()] != [str(process.pid)]
    assert len(list(good.iterdir())) == 1
    assert _start(bad, "apart and fail").wait(120) == 1
    assert len(list(bad.iterdir())) == 1
