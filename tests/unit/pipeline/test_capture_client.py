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
    monkeypatch.setattr(
        "pipeline.capture_client.environment", lambda extra: {"PYTHONPATH": f"{tmp_path}:{ROOT}", **extra}
    )
    with CaptureClient(tmp_path / "log", timeout_s=120, module="stand_in") as client:
        yield client


def order(identifier: str, url: str) -> dict[str, object]:
    """An order whose address says how the stand-in behaves."""
    return {"op": "capture", "id": identifier, "url": url, "out": "/x", "options": {}}


def test_a_result_comes_back_with_its_stages(client: CaptureClient) -> None:
    """Answers to others are passed over; stages are told; one worker serves many orders."""
    stages: list[str] = []
    first = client.order(order("e1", "good"), lambda event: stages.append(str(event["stage"])))
    second = client.order(order("e2", "good"))
    assert stages == ["load"]
    assert first["pid"] == second["pid"]


def test_a_refusal_keeps_its_code(client: CaptureClient) -> None:
    """The worker's own code is in the error."""
    with pytest.raises(CaptureFailedError) as caught:
        client.order(order("e1", "bad"))
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("capture.x", "m", "h")


@pytest.mark.parametrize("fault", ["die", "hang"])
def test_a_broken_worker_is_replaced(client: CaptureClient, fault: str) -> None:
    """A worker that dies or hangs fails one order; the next one has a new worker."""
    client._timeout_s = 0.5 if fault == "hang" else 120
    with pytest.raises(ProcessError):
        client.order(order("e1", fault))
    client._timeout_s = 120
    assert client.order(order("e2", "good"))["pid"]


def test_closing_twice_is_quiet(client: CaptureClient) -> None:
    """Closing ends the worker; closing again does nothing."""
    client.order(order("e1", "good"))
    client.close()
    client.close()
