"""The same address fetched once more without the browser: a second look by other means.

Names are asked anew and every hop is judged by the same rules as the browser's way out; a refused or failed fetch is
told, never raised.

Spec: 互联网法院规定 (2018) 第11条(4), reproducible extraction.
"""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from crawlers.capture.exchange import Pairs, Veil
from crawlers.egress.dns import dns_lookup
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy, Resolver
from kernel.clock import iso, monotonic, now
from kernel.crypto import sha256_hex

MAX_HOPS = 10
MAX_BYTES = 10_000_000
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer: who gave it, over what, and its head. ``leaf`` is the certificate in DER, empty without TLS."""

    url: str
    at: datetime
    status: int
    address: str
    port: int
    tls: str
    cipher: str
    leaf: bytes
    tls_error: str
    head: Pairs


@dataclass(slots=True)
class Fetch:
    """What came of it.

    Attributes:
        body: of the last answer, cut at ``MAX_BYTES`` (then ``truncated``). error: why it did not come to its end.
    """

    url: str
    started: datetime
    hops: list[Hop] = field(default_factory=list)
    body: bytes = b""
    truncated: bool = False
    error: str = ""
    ended: datetime | None = None

    @property
    def last(self) -> Hop | None:
        """The last answer."""
        return self.hops[-1] if self.hops else None

    def as_dict(self, veil: Veil) -> dict[str, object]:
        """JSON-ready values with secrets veiled."""
        return {
            "by": "http.client of Python, no browser, no script",
            "url": self.url,
            "final_url": self.last.url if self.last else "",
            "started_at": iso(self.started),
            "ended_at": iso(self.ended) if self.ended else None,
            "error": self.error,
            "truncated": self.truncated,
            "body_sha256": sha256_hex(self.body) if self.last and not self.error else "",
            "body_bytes": len(self.body),
            "hops": [
                {
                    "url": hop.url,
                    "at": iso(hop.at),
                    "status": hop.status,
                    "remote_address": hop.address,
                    "remote_port": hop.port,
                    "tls": hop.tls,
                    "cipher": hop.cipher,
                    "certificate": sha256_hex(hop.leaf) if hop.leaf else "",
                    "tls_error": hop.tls_error,
                    "headers": [list(pair) for pair in veil.headers(hop.head)],
                }
                for hop in self.hops
            ],
        }


@dataclass(frozen=True, slots=True)
class Way:
    """How a fetch goes out.

    Attributes:
        policy: who may be reached. headers: of the request. roots: PEM of extra roots, or empty.
        accept_bad_tls: go on where the certificate does not hold, and say so.
        cap_s: seconds for all hops. resolver: asks for names.
    """

    policy: Policy
    headers: tuple[tuple[str, str], ...]
    roots: str = ""
    accept_bad_tls: bool = False
    cap_s: float = 5.0
    resolver: Resolver = dns_lookup


def fetch(url: str, way: Way) -> Fetch:
    """Fetch an address with its redirects. Blocks; never raises for what the site or network does.

    Effects: one connection a hop.
    """
    found = Fetch(url, now())
    end = monotonic() + way.cap_s
    try:
        for _ in range(MAX_HOPS):
            target = _hop(url, way, found, lambda: max(0.05, end - monotonic()))
            if not target:
                break
            url = target
        else:
            found.error = "too many redirects"
    except (OSError, http.client.HTTPException, EgressRefusedError, ValueError) as error:
        found.error = f"{type(error).__name__}: {error}"[:500]
    found.ended = now()
    return found


def _hop(url: str, way: Way, found: Fetch, left: Callable[[], float]) -> str:
    """Ask for one address. Returns: where it sends us, or empty."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected an http address, got {url[:200]!r}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    place = way.policy.require(parts.hostname, port, way.resolver)
    at = now()
    channel, tls_error = _open(place.address, port, parts.hostname if parts.scheme == "https" else "", way, left())
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=left())
    connection.sock = channel
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc if parts.port else parts.hostname
        connection.request("GET", path, headers={"Host": host, **dict(way.headers), "Connection": "close"})
        answer = connection.getresponse()
        secure = channel if isinstance(channel, ssl.SSLSocket) else None
        cipher = secure.cipher() if secure else None
        found.hops.append(
            Hop(
                url,
                at,
                answer.status,
                place.address,
                port,
                (secure.version() or "") if secure else "",
                cipher[0] if cipher else "",
                (secure.getpeercert(binary_form=True) or b"") if secure else b"",
                tls_error,
                tuple(answer.getheaders()),
            )
        )
        location = answer.getheader("Location", "")
        if answer.status in REDIRECTS and location:
            return urljoin(url, location).partition("#")[0]
        _read(answer, channel, found, left)
    finally:
        connection.close()
    return ""


def _read(answer: http.client.HTTPResponse, channel: socket.socket, found: Fetch, left: Callable[[], float]) -> None:
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES:
        channel.settimeout(left())
        if left() <= 0.05:
            raise TimeoutError("the time for the second look is over")
        data = answer.read1(65_536)
        if not data:
            break
        parts.append(data)
        size += len(data)
    found.truncated = size > MAX_BYTES
    found.body = b"".join(parts)[:MAX_BYTES]


def _open(address: str, port: int, name: str, way: Way, cap_s: float) -> tuple[socket.socket, str]:
    """A connection to a judged address, and what was wrong with its certificate where that is accepted."""
    raw = socket.create_connection((address, port), timeout=cap_s)
    if not name:
        return raw, ""
    try:
        return _context(way.roots, checked=True).wrap_socket(raw, server_hostname=name), ""
    except ssl.SSLCertVerificationError as error:
        raw.close()
        if not way.accept_bad_tls:
            raise
        again = socket.create_connection((address, port), timeout=cap_s)
        return _context(way.roots, checked=False).wrap_socket(again, server_hostname=name), error.verify_message
    except BaseException:
        raw.close()
        raise


@lru_cache(maxsize=4)
def _context(roots: str, *, checked: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if roots:
        context.load_verify_locations(roots)
    if not checked:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
