import csv
import io
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulators.market.__main__ import main


def test_labels_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The ground truth of a day on standard output."""
    assert main(["labels", "--day", "1", "--http-port", "81", "--tls-port", "82"]) == 0
    truth = json.loads(capsys.readouterr().out)
    assert truth["day"] == 1
    assert truth["ports"] == {"http": 81, "tls": 82}
    assert len(truth["listings"]) >= 400


def test_shops_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """The columns `wangjian watch` and `make run` take."""
    assert main(["shops", "--http-port", "81"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["url", "name", "platform", "reason"]
    assert len(rows) >= 14


def test_serve_until_told_to_stop(tmp_path: Path) -> None:
    """The ready file appears, the port answers, SIGTERM ends it cleanly."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "simulators.market", "serve", "--ready-file", str(ready)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(300):
                if ready.exists():
                    break
                time.sleep(0.1)
            said = json.loads(ready.read_text())
            with socket.create_connection(("127.0.0.1", said["http_port"]), timeout=60) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: pingtai.example.test\r\nConnection: close\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in errors
