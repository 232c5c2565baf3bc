"""Lines to peers: HTTPS, and the short one to ourselves. Another way is another class with ``send``."""

from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from exchange.errors import PeerError
from exchange.gateway import Gateway
from exchange.peers import KnownPeer

PATH = "/api/v1/exchange/call"
MAX_ANSWER_BYTES = 40_000_000
OTHER_WAYS = frozenset({"folder", "offline"})
"""Schemes of peers that no call reaches: a shared folder, and packages that are carried."""


class Transport(Protocol):
    """Carries a call to a peer and brings its answer."""

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """Raises: PeerError when no answer came; ``context["status"]`` is the HTTP status, if there was one."""


class HttpsTransport:
    """Calls over HTTPS; plain HTTP only to this very machine.

    Args:
        ca_file: PEM of roots beside the system's, or empty. timeout_s: of one call.
    """

    def __init__(self, *, ca_file: str = "", timeout_s: float = 30.0) -> None:
        # No proxy and no redirect: a peer is reached at its own address or not at all.
        verify = httpx.create_ssl_context(verify=ca_file) if ca_file else True
        self._client = httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False, verify=verify)

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def send(self, peer: KnownPeer, body: bytes, *, at: datetime) -> bytes:
        """One POST. Raises: PeerError."""
        del at
        require_safe(peer.url)
        try:
            url = peer.url.rstrip("/") + PATH
            with self._client.stream("POST", url, content=body, headers={"Content-Type": "application/json"}) as answer:
                received = bytearray()
                for chunk in answer.iter_bytes():
                    received += chunk
                    if len(received) > MAX_ANSWER_BYTES:
                        raise PeerError(f"expected at most {MAX_ANSWER_BYTES} bytes from {peer.code}, got more")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PeerError(f"expected an answer of {peer.code}, got {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            text = bytes(received[:300]).decode("utf-8", "replace")
            raise PeerError(
                f"expected 200 of {peer.code}, got {answer.status_code}: {text}", context={"status": answer.status_code}
            )
        return bytes(received)


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
