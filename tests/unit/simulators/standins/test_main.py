"""All stand-ins as one process."""

import http.client
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import note
from kernel.clock import monotonic
from simulators.standins.__main__ import main
from tests.data.evidence.forge import request_for

ROOT = Path(__file__).parents[4]


def _ask(url: str, method: str, path: str, body: bytes = b"", host: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request(method, path, body, {"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_each_serves_on_a_port_of_its_own_until_told_to_stop(tmp_path: Path) -> None:
    """Two authorities, a witness and the market; keys in their own folders; what each said is in the ready file."""
    key = Ed25519PrivateKey.generate().public_key()
    log_key = tmp_path / "log.vkey"
    log_key.write_text(note.verifier_key("log.example/a", note.LOG, key).render() + "\n")
    ready = tmp_path / "ready.json"
    orders = (
        ("tsa-alpha", "kind=tsa", "name=alpha", f"dir={tmp_path / 'alpha'}"),
        ("tsa-beta", "kind=tsa", "name=beta", f"dir={tmp_path / 'beta'}"),
        ("witness", "kind=witness", "name=w.example", f"dir={tmp_path / 'w'}", f"log-key={log_key}"),
        ("market", "kind=market", "day=1"),
    )
    command = [sys.executable, "-m", "simulators.standins", "--ready-file", str(ready)]
    command += [word for order in orders for word in ("--stand-in", *order)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            end = monotonic() + 60
            while not ready.exists() and process.poll() is None and monotonic() < end:
                time.sleep(0.05)
            told = json.loads(ready.read_text())
            for name in ("tsa-alpha", "tsa-beta"):
                status, token = _ask(told[name]["url"], "POST", "/tsa", request_for(b"x"))
                assert status == 200
                assert token[:1] == b"0"
            assert Path(told["tsa-alpha"]["root"]).read_bytes() != Path(told["tsa-beta"]["root"]).read_bytes()
            assert _ask(told["witness"]["url"], "POST", "/add-checkpoint", b"garbage")[0] == 400
            assert told["witness"]["vkey"].startswith("w.example+")
            market = f"http://127.0.0.1:{told['market']['http_port']}"
            assert _ask(market, "GET", "/", host="pingtai.example.test")[0] == 200
            assert told["market"]["shops"].startswith("url,name,platform,reason\n")
            assert Path(told["market"]["ca_file"]).is_file()
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
        finally:
            process.kill()
    assert not Path(told["market"]["ca_file"]).exists()


def test_an_unknown_kind_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says which there are."""
    with pytest.raises(SystemExit) as left:
        main(["--ready-file", str(tmp_path / "r"), "--stand-in", "a", "kind=oracle"])
    assert left.value.code == 2
    assert "witness" in capsys.readouterr().err
