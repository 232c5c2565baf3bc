"""One small GET: the name resolved once, its address judged and kept, redirects only on the same host, few bytes.

For looks at a merchant's site. Whatever the other side does is told, never raised.

Spec: RFC 9110 15.4 (redirects); RFC 9112 (messages).
"""

import http.client
import socket
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from crawlers.egress.dns import dns_lookup
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy, Resolver
from kernel.clock import monotonic
from kernel.outside import Fetched

MAX_HOPS = 4
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READ = 16_384


@dataclass(frozen=True, slots=True)
class Way:
    """How a fetch goes out.

    Attributes:
        policy: who may be reached. user_agent: honest name. roots: file of extra roots in PEM, or empty.
        cap_s: seconds for all hops together. resolver: asks for names.
    """

    policy: Policy
    user_agent: str
    roots: str = ""
    cap_s: float = 8.0
    resolver: Resolver = dns_lookup


class _OffHostError(Exception):
    """A redirect leads to another host, or from https to http."""


def pinned_get(url: str, way: Way, *, max_bytes: int) -> Fetched:
    """GET an address. Blocks at most ``way.cap_s`` seconds.

    Args:
        max_bytes: of the decoded body; what is longer is cut.

    Effects: one connection a hop.
    """
    found = Fetched(url)
    end = monotonic() + way.cap_s
    try:
        for _ in range(MAX_HOPS):
            url = _hop(url, way, found, max_bytes, lambda: max(0.05, end - monotonic()))
            if not url:
                return found
        found.error, found.detail = "too-many-redirects", " → ".join(found.hops)
    except _OffHostError as error:
        found.error, found.detail = "redirect-off-host", str(error)
    except EgressRefusedError as error:
        found.error = "no-address" if error.reason == "unresolved" else "not-public"
        found.detail = error.message
    except ssl.SSLError as error:
        found.error, found.detail = "bad-certificate", str(error)
    except TimeoutError as error:
        found.error, found.detail = "timeout", str(error)
    except (http.client.HTTPException, ValueError, zlib.error) as error:
        found.error, found.detail = "not-http", f"{type(error).__name__}: {error}"
    except OSError as error:
        found.error, found.detail = "no-connection", str(error)
    found.status, found.body = 0, b""
    return found


def _hop(url: str, way: Way, found: Fetched, max_bytes: int, left: Callable[[], float]) -> str:
    """Ask for one address. Returns: where it sends us, or empty."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected an http address, got {url[:200]!r}")
    found.hops.append(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    place = way.policy.require(parts.hostname, port, way.resolver)
    found.address = f"{place.address}:{port}"
    channel = socket.create_connection((place.address, port), timeout=left())
    try:
        if parts.scheme == "https":
            channel = _context(way.roots).wrap_socket(channel, server_hostname=parts.hostname)
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=left())
        connection.sock = channel
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": parts.netloc, "User-Agent": way.user_agent, "Accept": "text/plain, text/html;q=0.9, */*;q=0.1",
            "Accept-Encoding": "identity", "Connection": "close",
        }  # fmt: skip
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        location = answer.getheader("Location", "")
        if answer.status in REDIRECTS and location:
            return _target(url, location)
        found.final_url, found.status = url, answer.status
        found.content_type = answer.getheader("Content-Type", "").strip().lower()
        _read(answer, channel, found, max_bytes, left)
    finally:
        channel.close()
    return ""


def _target(url: str, location: str) -> str:
    target = urljoin(url, location).partition("#")[0]
    old, new = urlsplit(url), urlsplit(target)
    same = (old.hostname, old.scheme) == (new.hostname, new.scheme) and old.port == new.port
    upgraded = (
        old.hostname == new.hostname and (old.scheme, new.scheme) == ("http", "https") and new.port in {None, 443}
    )
    if not same and not upgraded:
        raise _OffHostError(target[:300])
    return target


def _read(
    answer: http.client.HTTPResponse, channel: socket.socket, found: Fetched, max_bytes: int, left: Callable[[], float]
) -> None:
    encoding = answer.getheader("Content-Encoding", "identity").strip().lower()
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in {"gzip", "x-gzip", "deflate"} else None
    body = bytearray()
    while len(body) <= max_bytes:
        if left() <= 0.05:
            raise TimeoutError("the answer took too long")
        channel.settimeout(left())
        data = answer.read1(_READ)
        if not data:
            break
        # Unpacked no further than is allowed: a small answer may hide a huge one.
        body += unpack.decompress(data, max_bytes + 1 - len(body)) if unpack else data
    found.truncated = len(body) > max_bytes
    found.body = bytes(body[:max_bytes])


def _context(roots: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if roots:
        context.load_verify_locations(roots)
    return context
