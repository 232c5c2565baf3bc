"""Child processes."""

import os
import time
from pathlib import Path

import pytest

from pipeline.errors import ProcessError
from pipeline.process import Child, environment, wait_for_file


def test_a_child_runs_logs_and_ends(tmp_path: Path) -> None:
    """Its output is in the log and its status is known."""
    child = Child("platform", log=tmp_path / "log" / "a.log")
    assert child.process.wait(120) == 0
    assert child.code() == 0
    assert "Linux" in child.tail()
    child.stop()


def test_stop_ends_a_stubborn_group(tmp_path: Path) -> None:
    """A child that ignores the request is ended with its whole group."""
    script = tmp_path / "stubborn.py"
    script.write_text(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(p.pid, flush=True)\ntime.sleep(60)\n"
    )
    child = Child("stubborn", log=tmp_path / "a.log", extra={"PYTHONPATH": str(tmp_path)})
    while not child.tail().strip():
        time.sleep(0.02)
    grandchild = int(child.tail())
    child.stop(grace_s=0.2)
    assert child.code() is not None
    for _ in range(100):
        try:
            os.kill(grandchild, 0)
            state = Path(f"/proc/{grandchild}/stat").read_text().split()[2]
        except (ProcessLookupError, FileNotFoundError):
            break
        if state == "Z":
            break
        time.sleep(0.02)
    else:
        pytest.fail("the grandchild lives")


def test_waiting_for_a_child_that_dies(tmp_path: Path) -> None:
    """The error names the child and shows its last words."""
    child = Child("no_such_module", log=tmp_path / "a.log")
    with pytest.raises(ProcessError) as caught:
        wait_for_file(tmp_path / "ready", child, 20)
    assert "no_such_module" in caught.value.message
    child.stop()


def test_waiting_ends(tmp_path: Path) -> None:
    """A child that never gets ready is given up."""
    child = Child("http.server", ["0", "--bind", "127.0.0.1"], log=tmp_path / "a.log")
    with pytest.raises(ProcessError, match="within"):
        wait_for_file(tmp_path / "ready", child, 0.2)
    child.stop()


def test_the_environment_puts_this_checkout_first() -> None:
    """Children import our rooms, not others of the same name."""
    assert environment({"A": "b"})["A"] == "b"
    assert (Path(environment()["PYTHONPATH"]) / "kernel" / "errors.py").exists()


def test_waiting_for_an_end_wakes_at_it(tmp_path: Path) -> None:
    """True as soon as it has ended, False when the time is over first."""
    child = Child("json.tool", ["/nowhere"], log=tmp_path / "log")
    assert child.ended_within(60)
    endless = Child("http.server", ["0", "--bind", "127.0.0.1"], log=tmp_path / "log")
    assert not endless.ended_within(0.05)
    endless.stop()
