"""A place at the capture service, in place of a process."""

import socket
import subprocess
import threading
from pathlib import Path

import pytest

from crawlers.capture_door import VARIABLE, open_door
from pipeline import capture_client
from pipeline.capture_client import CaptureClient
from pipeline.errors import ProcessError
from pipeline.shared_worker import SharedWorker


def test_it_speaks_and_ends_as_a_process_does() -> None:
    """Lines both ways; the end of the other side is the end; hanging up is seen there."""
    ours, theirs = socket.socketpair()
    worker = SharedWorker(ours, {"A": "1"})
    lines = theirs.makefile("rw")
    assert lines.readline() == '{"environment": {"A": "1"}}\n'
    worker.stdin.write("价\n")
    worker.stdin.flush()
    assert lines.readline() == "价\n"
    lines.write("good\n")
    lines.flush()
    assert worker.stdout.readline() == "good\n"
    assert worker.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.05)
    worker.kill()
    assert lines.readline() == ""
    lines.close()
    theirs.close()

    ours, theirs = socket.socketpair()
    worker = SharedWorker(ours, {})
    theirs.close()
    assert worker.wait(120) == worker.poll() == 1
    worker.kill()


def test_a_client_helps_itself_when_the_service_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first order fails in time; the next one goes to a process of its own."""
    listener, name = open_door()
    monkeypatch.setenv(VARIABLE, name)
    (tmp_path / "stand_in.py").write_text("""print('{"id":"e","ok":true,"result":{"a":1}}')\n""")
    with listener, CaptureClient(tmp_path / "log", timeout_s=0.5) as client:
        with pytest.raises(ProcessError, match="within"):
            client.order({"op": "capture", "id": "e"})
        monkeypatch.setattr(capture_client, "environment", lambda _extra=None: {"PYTHONPATH": str(tmp_path)})
        client._module, client._timeout_s = "stand_in", 120
        assert client.order({"op": "capture", "id": "e"}) == {"a": 1}


def test_a_client_uses_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own environment, and says good-bye."""
    listener, name = open_door()
    monkeypatch.setenv(VARIABLE, name)
    heard: list[str] = []

    def serve() -> None:
        wire, _ = listener.accept()
        with wire, wire.makefile("rw") as lines:
            for line in lines:
                heard.append(line.strip())
                if "capture" in line:
                    lines.write('{"id":"e","ok":true,"result":{"a":2}}\n')
                    lines.flush()
                if "quit" in line:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    with listener, CaptureClient(tmp_path / "log", timeout_s=120) as client:
        client.extra["WANGJIAN_KEYS_DIR"] = ""
        assert client.order({"op": "capture", "id": "e"}) == {"a": 2}
        client.close()
    thread.join(120)
    assert heard == ['{"environment": {"WANGJIAN_KEYS_DIR": ""}}', '{"op": "capture", "id": "e"}', '{"op":"quit"}']
