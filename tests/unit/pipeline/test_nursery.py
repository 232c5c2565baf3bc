"""Children out of one warm process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kernel.config import ROOT
from pipeline.nursery import VARIABLE, Forked

PROGRAM = """
import json, os, sys, time
from pathlib import Path
from pipeline.nursery import begin_nursery, share
from pipeline.process import Child

folder = Path(sys.argv[1])
os.environ["SHARED"] = "before"
begin_nursery()
os.environ["SHARED"] = "after"
told = {}
share("warm.up")
share("warm.no_such_function")
say = Child("say", ["a", "b"], log=folder / "say.log", extra={"OWN": "yes"})
told["said"] = (say.process.wait(120), say.tail(9), type(say.process).__name__)
told["statuses"] = [Child("status", [word], log=folder / "s.log").process.wait(120) for word in sys.argv[2:]]
stubborn = Child("stubborn", log=folder / "stubborn.log")
while len(stubborn.tail().split()) < 2:
    time.sleep(0.02)
told["running"] = stubborn.code()
stubborn.stop(grace_s=0.2)
told["stopped"] = (stubborn.code(), stubborn.tail().split())
quick = Child("status", ["0"], log=folder / "s.log")
while quick.code() is None:
    time.sleep(0.02)
quick.stop()
left = Child("stubborn", log=folder / "left.log")
while len(left.tail().split()) < 2:
    time.sleep(0.02)
(folder / "told").write_text(json.dumps(told))
os.kill(os.getpid(), 9)
"""
SAY = """
import atexit, os, sys, threading, time
atexit.register(lambda: print("last"))
print("warm" in sys.modules and sys.modules["warm"].made)
print(sys.argv[1:], os.environ["SHARED"], os.environ["OWN"], __name__, os.getcwd())
threading.Thread(target=lambda: (time.sleep(0.1), print("thread"))).start()
"""
WARM = """
import os
made = 0
def up():
    global made
    made = os.getppid()
"""
STATUS = """
import os, signal, sys
word = sys.argv[1]
if word == "text":
    sys.exit("no")
if word == "raise":
    raise ValueError(word)
if word == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if word == "interrupt":
    raise KeyboardInterrupt
if word != "none":
    sys.exit(int(word))
"""
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), other.pid)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A command that had children and was killed."""
    folder = tmp_path_factory.mktemp("nursery")
    for name, text in (("warm", WARM), ("say", SAY), ("status", STATUS), ("stubborn", STUBBORN)):
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-c", PROGRAM, str(folder), "0", "3", "none", "text", "raise", "kill", "interrupt"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        assert process.wait(240) == -9
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> Mapping[str, Any]:
    """What it saw."""
    found: Mapping[str, Any] = json.loads((folder / "told").read_text())
    return found


def test_a_child_lives_as_a_program_does(told: Mapping[str, Any]) -> None:
    """With its own arguments, environment, folder and log; threads and last wishes are waited for."""
    status, text, kind = told["said"]
    assert (status, kind) == (0, "Forked")
    warm, *lines = text.splitlines()
    assert int(warm) > 1
    assert lines == [f"['a', 'b'] after yes __main__ {ROOT}", "thread", "last"]


def test_every_kind_of_end_is_told(told: Mapping[str, Any], folder: Path) -> None:
    """Status numbers are those of a program; a signal is a negative one."""
    assert told["statuses"] == [0, 3, 0, 1, 1, -9, 254]
    log = (folder / "s.log").read_text()
    assert "no\n" in log
    assert "ValueError: raise" in log


def test_stop_ends_the_whole_group(told: Mapping[str, Any]) -> None:
    """Also one that does not want to, and what it started itself."""
    assert told["running"] is None
    status, pids = told["stopped"]
    assert status == -9
    assert len(pids) == 2
    _end(pids)


def test_children_end_with_the_command(folder: Path) -> None:
    """However it ends."""
    pids = (folder / "left.log").read_text().split()
    assert len(pids) == 2
    _end(pids)


def _end(pids: Sequence[str]) -> None:
    deadline = time.monotonic() + 120
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(_runs(pid) for pid in pids)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_without_a_nursery_there_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An address that nobody serves: the caller starts its child in the common way."""
    monkeypatch.setenv(VARIABLE, "wangjian-nursery-gone")
    with pytest.raises(OSError, match="refused"):
        Forked("platform", [], environment={}, folder=tmp_path, streams=(0, 1, 2))
