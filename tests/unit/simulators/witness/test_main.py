"""The witness as a process."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import note
from kernel.clock import monotonic

ROOT = Path(__file__).parents[4]


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """Says where and under which key; a second run has the same key."""
    key = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "log.vkey").write_text(note.verifier_key("log.example/a", note.LOG, key).render() + "\n")
    said = []
    for turn in ("one", "two"):
        ready = tmp_path / f"{turn}.json"
        words = ["--name", "w.example", "--dir", str(tmp_path / "w"), "--log-key", str(tmp_path / "log.vkey")]
        command = [sys.executable, "-m", "simulators.witness", *words, "--ready-file", str(ready)]
        with subprocess.Popen(command, cwd=ROOT) as process:
            end = monotonic() + 60
            while not ready.exists() and monotonic() < end:
                time.sleep(0.05)
            said.append(json.loads(ready.read_text()))
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
    assert said[0]["vkey"] == said[1]["vkey"]
    assert note.parse_vkey(said[0]["vkey"]).algorithm == note.WITNESS
    assert said[0]["url"].startswith("http://127.0.0.1:")
