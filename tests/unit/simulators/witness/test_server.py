"""The witness over HTTP."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.witness.notary import Notary
from simulators.witness.server import MAX_REQUEST_BYTES, WitnessServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WitnessServer]:
    """A witness that knows no log."""
    served = WitnessServer(Notary("w.example", tmp_path, []))
    threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield served
    served.close()


def _ask(server: WitnessServer, method: str, path: str, body: bytes = b"") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def test_addresses(server: WitnessServer) -> None:
    """Only those of the specification; too long a request is refused."""
    assert _ask(server, "POST", "/add-checkpoint", b"x") == 400
    assert _ask(server, "POST", "/other", b"x") == 404
    assert _ask(server, "POST", "/add-checkpoint", b"x" * (MAX_REQUEST_BYTES + 1)) == 413
    assert _ask(server, "GET", f"/{'0' * 64}/checkpoint") == 404
    assert _ask(server, "GET", "/") == 404
    assert server.url().startswith("http://127.0.0.1:")


def test_faults(server: WitnessServer) -> None:
    """An error, and no answer at all."""
    server.notary.fault = "500"
    assert _ask(server, "POST", "/add-checkpoint", b"x") == 500
    assert _ask(server, "GET", "/") == 500
    server.notary.fault = "hang"
    server.released.set()
    with pytest.raises(http.client.HTTPException):
        _ask(server, "GET", "/")
