"""The capture worker's caller, against a stand-in worker that behaves badly on demand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.config import ROOT
from pipeline.capture_client import CaptureClient, CaptureFailedError
from pipeline.errors import ProcessError

WORKER = """
import json, os, sys, time
for line in sys.stdin:
    order = json.loads(line)
    if order["op"] == "quit":
        break
    name = order["url"]
    if name == "die":
        os._exit(3)
    if name == "hang":
        time.sleep(60)
    print(json.dumps({"id": "someone-else", "ok": True}), flush=True)
    print(json.dumps({"id": order["id"], "event": "progress", "stage": "load"}), flush=True)
    if name == "bad":
        error = {"code": "capture.x", "message": "m", "hint": "h"}
        print(json.dumps({"id": order["id"], "ok": False, "error": error}), flush=True)
    else:
        print(json.dumps({"id": order["id"], "ok": True, "result": {"pid": os.getpid()}}), flush=True)
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CaptureClient]:
    """A client of the stand-in worker."""
    (tmp_path / "stand_in.py").write_text(WORKER)
    monkeypatch.setattr("pipeline.capture_client.environment", lambda: {"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    with CaptureClient(tmp_path / "log", timeout_s=1.0, module="stand_in") as client:
        yield client


def test_a_result_comes_back_with_its_stages(client: CaptureClient, tmp_path: Path) -> None:
    """Answers to others are passed over; stages are told; one worker serves many orders."""
    stages: list[str] = []
    first = client.capture("e1", "good", tmp_path / "o", {}, stages.append)
    second = client.capture("e2", "good", tmp_path / "o", {})
    assert stages == ["load"]
    assert first["pid"] == second["pid"]


def test_a_refusal_keeps_its_code(client: CaptureClient, tmp_path: Path) -> None:
    """The worker's own code is in the error."""
    with pytest.raises(CaptureFailedError) as caught:
        client.capture("e1", "bad", tmp_path / "o", {})
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("capture.x", "m", "h")


@pytest.mark.parametrize("fault", ["die", "hang"])
def test_a_broken_worker_is_replaced(client: CaptureClient, tmp_path: Path, fault: str) -> None:
    """A worker that dies or hangs fails one order; the next one has a new worker."""
    with pytest.raises(ProcessError):
        client.capture("e1", fault, tmp_path / "o", {})
    assert client.capture("e2", "good", tmp_path / "o", {})["pid"]


def test_closing_twice_is_quiet(client: CaptureClient, tmp_path: Path) -> None:
    """Closing ends the worker; closing again does nothing."""
    client.capture("e1", "good", tmp_path / "o", {})
    client.close()
    client.close()
