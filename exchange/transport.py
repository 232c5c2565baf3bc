"""Lines to peers: HTTPS, and the short one to ourselves. Another way is another class with ``send``."""

import select
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Lock
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from exchange.errors import PeerError
from exchange.gateway import Gateway
from exchange.peers import KnownPeer
from kernel.clock import monotonic
from kernel.public_roots import public_roots

PATH = "/api/v1/exchange/call"
MAX_ANSWER_BYTES = 40_000_000
IDLE_S = 4.0
"""How long a line is kept that nobody calls on; servers end them after five seconds, as a rule."""
OTHER_WAYS = frozenset({"folder", "offline"})
"""Schemes of peers that no call reaches: a shared folder, and packages that are carried."""


class Transport(Protocol):
    """Carries a call to a peer and brings its answer."""

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """Raises: PeerError when no answer came; ``context["status"]`` is the HTTP status, if there was one."""


class HttpsTransport:
    """Calls over HTTPS; plain HTTP only to this very machine. Lines are kept open between calls.

    No proxy, no redirect, no other encoding: a peer is reached at its own address or not at all.

    Args:
        ca_file: PEM of roots beside the public ones, or empty. timeout_s: for each wait of a call.
    """

    def __init__(self, *, ca_file: str = "", timeout_s: float = 30.0) -> None:
        self._roots = public_roots()
        if ca_file:
            self._roots = httpx.create_ssl_context(trust_env=False)
            self._roots.load_verify_locations(ca_file)
        self._timeout_s = timeout_s
        self._idle: dict[tuple[str, str, int | None], list[tuple[float, HTTPConnection]]] = {}
        self._lock = Lock()

    def close(self) -> None:
        """End its connections."""
        with self._lock:
            idle = [connection for listed in self._idle.values() for _, connection in listed]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """One POST. Raises: PeerError."""
        del at
        require_safe(peer.url)
        try:
            status, received = self._post(peer.url.rstrip("/") + PATH, body)
        except (HTTPException, OSError, ValueError) as error:
            raise PeerError(f"expected an answer of {peer.code}, got {type(error).__name__}") from error
        if len(received) > MAX_ANSWER_BYTES:
            raise PeerError(f"expected at most {MAX_ANSWER_BYTES} bytes from {peer.code}, got more")
        if status != HTTPStatus.OK:
            text = received[:300].decode("utf-8", "replace")
            raise PeerError(f"expected 200 of {peer.code}, got {status}: {text}", context={"status": status})
        return received

    def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(url)
        key = parts.scheme, parts.hostname or "", parts.port
        connection = self._waiting(key) or self._made(*key)
        try:
            answer, received = _asked(connection, parts.path, body)
        except BaseException:
            connection.close()
            raise
        if answer.isclosed() and not answer.will_close:
            with self._lock:
                self._idle.setdefault(key, []).append((monotonic(), connection))
        else:
            connection.close()
        return answer.status, received

    def _made(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        if scheme == "https":
            return HTTPSConnection(host, port, timeout=self._timeout_s, context=self._roots)
        return HTTPConnection(host, port, timeout=self._timeout_s)

    def _waiting(self, key: tuple[str, str, int | None]) -> HTTPConnection | None:
        """An open line, the newest first; what was idle for long, or was ended by the other side, is let go."""
        while True:
            with self._lock:
                listed = self._idle.get(key)
                if not listed:
                    return None
                since, connection = listed.pop()
            if monotonic() - since < IDLE_S and not _has_ended(connection):
                return connection
            connection.close()


def _asked(connection: HTTPConnection, path: str, body: bytes) -> tuple[HTTPResponse, bytes]:
    """The whole answer, or as much of it as is too much."""
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    received = bytearray()
    while len(received) <= MAX_ANSWER_BYTES:
        part = answer.read(MAX_ANSWER_BYTES + 1 - len(received))
        if not part:
            break
        received += part
    else:
        return answer, bytes(received)
    if answer.length:
        raise IncompleteRead(bytes(received), answer.length)
    return answer, bytes(received)


def _has_ended(connection: HTTPConnection) -> bool:
    """True when anything came on a line that nobody asked on: its end, most often."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def require_safe(url: str) -> None:
    """Refuse an address that is not HTTPS, but for this machine. Raises: PeerError."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}):
        return
    raise PeerError(f"expected https://… as the address of a peer, got {url[:80]!r}")


class LocalTransport:
    """To a unit of this very installation: the same door, without a line."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """Answer it here."""
        del peer
        return self._gateway.answer(body, at=at)


def scheme_of(url: str) -> str:
    """``https`` (also for http on this machine), ``local``, or the scheme of another way."""
    scheme = urlsplit(url).scheme
    return "https" if scheme == "http" else scheme
