"""HTTPS to peers: at their address or not at all."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from exchange import transport
from exchange.errors import PeerError
from exchange.peers import KnownPeer
from exchange.transport import PATH, HttpsTransport, require_safe, scheme_of
from kernel.clock import now
from simulators.market.certificates import Authority, server_context
from tests.servers.exchanging import AT


class _Door(BaseHTTPRequestHandler):
    def setup(self) -> None:
        super().setup()
        self.server.calls.append(self.client_address)  # type: ignore[attr-defined]

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


class _LongDoor(_Door):
    """One that keeps its lines open."""

    protocol_version = "HTTP/1.1"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    calls: list[object]

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up is no error of a server."""


def _serve(handler: type[BaseHTTPRequestHandler], folder: Path | None = None) -> Iterator[tuple[str, _Server]]:
    server = _Server(("127.0.0.1", 0), handler)
    server.calls = []
    if folder is not None:
        server.socket = server_context(Authority(now()), folder).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"{'https' if folder else 'http'}://127.0.0.1:{server.server_address[1]}", server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    """A door that gives back what it gets."""
    for url, _ in _serve(_Door):
        yield url


@pytest.fixture
def long_door() -> Iterator[tuple[str, _Server]]:
    """The same, with lines that stay open."""
    yield from _serve(_LongDoor)


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that gives one answer, byte by byte as the test has it, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                # What was sent and not read would make hanging up a reset, and the answer might go with it.
                sent = b""
                while not sent.endswith(b"\r\n\r\nbody") and (part := line.recv(65_536)):
                    sent += part
                line.sendall(request.param)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(120)


def _peer(url: str) -> KnownPeer:
    return KnownPeer("000000", "", url, "active", "authority", ("ed25519-sha256",), (), {}, None)


def test_a_call_goes_to_the_door(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its answer comes back; too much of it does not."""
    line = HttpsTransport(timeout_s=120)
    assert line.send(_peer(door + "/"), b"body", at=AT) == f"{PATH} body".encode()
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 10)
    with pytest.raises(PeerError, match="at most"):
        line.send(_peer(door), b"body" * 10, at=AT)
    line.close()


@pytest.mark.parametrize("status", ["302", "403", "500", "503"])
def test_another_status_is_no_answer(door: str, status: str) -> None:
    """It is told; redirects are not followed."""
    line = HttpsTransport(timeout_s=120)
    with pytest.raises(PeerError) as caught:
        line.send(_peer(door), status.encode(), at=AT)
    assert caught.value.context["status"] == int(status)
    line.close()


def test_nobody_at_home_is_told() -> None:
    """Without a status."""
    line = HttpsTransport(timeout_s=120)
    with pytest.raises(PeerError) as caught:
        line.send(_peer("http://127.0.0.1:9"), b"x", at=AT)
    assert caught.value.context == {}
    line.close()


def test_lines_are_kept_open(long_door: tuple[str, _Server], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for call after call; one that was idle for too long, or that the other side ended, is not called on."""
    url, server = long_door
    line = HttpsTransport(timeout_s=120)
    for number in range(3):
        assert line.send(_peer(url), b"b%d" % number, at=AT) == f"{PATH} b{number}".encode()
    assert len(server.calls) == 1
    monkeypatch.setattr(transport, "IDLE_S", 0.0)
    line.send(_peer(url), b"b", at=AT)
    assert len(server.calls) == 2
    monkeypatch.undo()
    for listed in line._idle.values():
        for _, connection in listed:
            assert connection.sock is not None
            connection.sock.shutdown(socket.SHUT_RD)  # what a peer that hangs up looks like from here
    line.send(_peer(url), b"b", at=AT)
    assert len(server.calls) == 3
    line.close()
    assert line.send(_peer(url), b"b", at=AT)
    line.close()


@pytest.mark.parametrize(
    "answering",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"nonsense\r\n\r\n",
        b"",
    ],
    indirect=True,
)
def test_half_an_answer_is_none(answering: str) -> None:
    """Whatever was left out of it."""
    line = HttpsTransport(timeout_s=120)
    with pytest.raises(PeerError, match="expected an answer"):
        line.send(_peer(answering), b"body", at=AT)
    line.close()


@pytest.mark.parametrize(
    "answering",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n3\r\nole\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nwhole",
    ],
    indirect=True,
)
def test_an_answer_that_was_not_counted_is_put_together(answering: str) -> None:
    """In chunks, or as much as comes."""
    line = HttpsTransport(timeout_s=120)
    assert line.send(_peer(answering), b"body", at=AT) == b"whole"
    line.close()


def test_a_certificate_of_another_root_is_refused(tmp_path: Path) -> None:
    """Only of a root that is known here; those of the settings are known beside the public ones."""
    for url, _ in _serve(_Door, tmp_path):
        stranger = HttpsTransport(timeout_s=120)
        with pytest.raises(PeerError, match="SSLCertVerificationError"):
            stranger.send(_peer(url), b"body", at=AT)
        friend = HttpsTransport(ca_file=str(tmp_path / "ca.pem"), timeout_s=120)
        assert friend.send(_peer(url), b"body", at=AT) == f"{PATH} body".encode()
        friend.close()


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
