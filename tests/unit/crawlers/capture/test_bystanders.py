"""Programs that could stand in between."""

from pathlib import Path

import pytest

from crawlers.capture.bystanders import DEBUGGERS, INTERCEPTORS, bystanders


def _process(proc: Path, number: int, comm: str, command: bytes) -> None:
    folder = proc / str(number)
    folder.mkdir(parents=True)
    (folder / "comm").write_text(comm + "\n")
    (folder / "cmdline").write_bytes(command)


def test_interceptors_and_tracers_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel's name or by program and script; who ended meanwhile is counted apart."""
    monkeypatch.setenv("LD_PRELOAD", "/x.so")
    _process(tmp_path, 7, "python3", b"/usr/bin/python3\0/usr/local/bin/mitmproxy\0--mode\0")
    _process(tmp_path, 8, "gdb", b"gdb\0")
    _process(tmp_path, 9, "bash", b"-bash\0strace-notes.txt\0")
    (tmp_path / "10").mkdir()
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("Name:\tx\nTracerPid:\t42\n")
    found = bystanders(tmp_path)
    assert found["found"] == [{"pid": 7, "name": "mitmproxy"}, {"pid": 8, "name": "gdb"}]
    assert (found["processes_seen"], found["processes_unreadable"], found["traced_by_pid"]) == (3, 1, 42)
    assert found["variables"] == ["LD_PRELOAD"]
    assert found["looked_for"] == sorted({*INTERCEPTORS, *DEBUGGERS})


def test_what_cannot_be_read_is_not_checked(tmp_path: Path) -> None:
    """No process file system: not checked, with the reason; no tracer line: that alone is not checked."""
    assert bystanders(tmp_path / "none")["state"] == "NOT_CHECKED"
    assert bystanders(tmp_path)["traced_by_pid"] == "NOT_CHECKED"


def test_this_machine_is_read() -> None:
    """The real process table: this very test is seen, and it is not traced."""
    found = bystanders()
    assert found["state"] == "CHECKED"
    assert found["traced_by_pid"] == 0
