"""The timestamp simulator as a process, judged by openssl."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from kernel.clock import monotonic

ROOT = Path(__file__).parents[4]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[dict[str, str]]:
    """``python -m simulators.tsa`` on a free port."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "simulators.tsa", "--name", "alpha", "--dir", str(tmp_path / "tsa")]
    process = subprocess.Popen([*command, "--port", "0", "--ready-file", str(ready)], cwd=ROOT)
    end = monotonic() + 60
    while not ready.exists() and monotonic() < end:
        time.sleep(0.05)
    yield json.loads(ready.read_text())
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0


def post(url: str, body: bytes) -> bytes:
    """One request."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - loopback
        assert response.headers["Content-Type"] == "application/timestamp-reply"
        return bytes(response.read())


@pytest.mark.parametrize("digest", ["sha256", "sha512", "sm3"])
def test_openssl_asks_and_believes(service: dict[str, str], tmp_path: Path, digest: str) -> None:
    """A query by openssl is answered so that openssl verifies it under root.pem alone."""
    (tmp_path / "data").write_bytes(b"data")
    query = ["openssl", "ts", "-query", "-data", "data", f"-{digest}", "-cert", "-out", "q.tsq"]
    subprocess.run(query, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "r.tsr").write_bytes(post(service["url"], (tmp_path / "q.tsq").read_bytes()))
    for source in (["-queryfile", "q.tsq"], ["-data", "data"]):
        verify = ["openssl", "ts", "-verify", *source, "-in", "r.tsr", "-CAfile", service["root"]]
        assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode == 0


def test_says_that_it_is_a_test(service: dict[str, str]) -> None:
    """Names contain TEST; the key is private; a restart keeps the root."""
    root = Path(service["root"])
    assert "TEST" in x509.load_pem_x509_certificate(root.read_bytes()).subject.rfc4514_string()
    assert (root.parent / "tsa.key").stat().st_mode & 0o777 == 0o600


def test_refuses_what_it_does_not_understand(service: dict[str, str]) -> None:
    """Garbage gets a refusal, too long a request gets 413, GET gets an error."""
    assert post(service["url"], b"garbage")[:6].hex().startswith("30")
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(service["url"], bytes(5000))
    assert refused.value.code == 413
    refused.value.close()
