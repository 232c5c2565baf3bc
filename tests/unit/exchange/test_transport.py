"""HTTPS to peers: at their address or not at all."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from exchange import transport
from exchange.errors import PeerError
from exchange.peers import KnownPeer
from exchange.transport import PATH, HttpsTransport, require_safe, scheme_of
from tests.servers.exchanging import AT


class _Door(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = int(body) if body.isdigit() else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        answer = self.path.encode() + b" " + body
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    """A door that gives back what it gets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def _peer(url: str) -> KnownPeer:
    return KnownPeer("000000", "", url, "active", "authority", ("ed25519-sha256",), (), {}, None)


def test_a_call_goes_to_the_door(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its answer comes back; too much of it does not."""
    line = HttpsTransport(timeout_s=5)
    assert line.send(_peer(door + "/"), b"body", at=AT) == f"{PATH} body".encode()
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 10)
    with pytest.raises(PeerError, match="at most"):
        line.send(_peer(door), b"body" * 10, at=AT)
    line.close()


@pytest.mark.parametrize("status", ["302", "403", "500", "503"])
def test_another_status_is_no_answer(door: str, status: str) -> None:
    """It is told; redirects are not followed."""
    line = HttpsTransport(timeout_s=5)
    with pytest.raises(PeerError) as caught:
        line.send(_peer(door), status.encode(), at=AT)
    assert caught.value.context["status"] == int(status)
    line.close()


def test_nobody_at_home_is_told() -> None:
    """Without a status."""
    line = HttpsTransport(timeout_s=1)
    with pytest.raises(PeerError) as caught:
        line.send(_peer("http://127.0.0.1:9"), b"x", at=AT)
    assert caught.value.context == {}
    line.close()


@pytest.mark.parametrize("url", ["http://peer.example.test", "ftp://127.0.0.1", "", "https", "file:///etc/passwd"])
def test_plain_lines_are_refused(url: str) -> None:
    """But for this machine."""
    with pytest.raises(PeerError):
        require_safe(url)
    require_safe("https://peer.example.test/x")


def test_schemes_name_the_way() -> None:
    """Plain HTTP on this machine is the same way as HTTPS."""
    assert scheme_of("http://127.0.0.1:1") == scheme_of("https://x.example.test") == "https"
    assert (scheme_of("local:"), scheme_of("folder:/x"), scheme_of("")) == ("local", "folder", "")
