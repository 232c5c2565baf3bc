"""First bytes of a proxy connection: SOCKS5, CONNECT, or a request in absolute form.

The browser speaks SOCKS5: its requests then pass as the very bytes it wrote, and a refusal can
never be mistaken for a page. Other clients may speak HTTP.

Spec: RFC 1928 (SOCKS5, no authentication, CONNECT only); RFC 9112 section 3.2.2; RFC 9110 section 9.3.6.
"""

import asyncio
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_BYTES = 64 * 1024
SOCKS_OK, SOCKS_REFUSED, SOCKS_UNREACHABLE, SOCKS_NO_COMMAND, SOCKS_NO_TYPE = 0, 2, 4, 7, 8
_HOP_HEADERS = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive"})


class HandshakeError(ValueError):
    """The client did not say where it wants to go in a form we know. ``reply`` is sent back."""

    def __init__(self, message: str, reply: bytes) -> None:
        super().__init__(message)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a client wants to go.

    Attributes:
        mode: ``socks``, ``connect`` or ``plain``.
        host, port: as the client wrote them, not yet judged.
        head: bytes to send on first (``plain``: the request in origin form).
    """

    mode: str
    host: str
    port: int
    head: bytes = b""

    def accepted(self) -> bytes:
        """What tells the client that the connection stands."""
        if self.mode == "socks":
            return socks_reply(SOCKS_OK)
        return b"HTTP/1.1 200 Connection established\r\n\r\n" if self.mode == "connect" else b""

    def refused(self, code: str, *, reached: bool = False) -> bytes:
        """What tells the client that it does not; ``reached`` where the host was tried in vain."""
        if self.mode == "socks":
            return socks_reply(SOCKS_UNREACHABLE if reached else SOCKS_REFUSED)
        return http_reply("502 Bad Gateway" if reached else "403 Forbidden", code)


def socks_reply(status: int) -> bytes:
    """A SOCKS5 reply that tells no bound address."""
    return bytes((5, status, 0, 1, 0, 0, 0, 0, 0, 0))


def http_reply(status: str, code: str) -> bytes:
    """A short HTTP answer of the proxy itself, marked so that nobody takes it for the site's."""
    return (f"HTTP/1.1 {status}\r\nX-Wangjian-Egress: {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").encode(
        "ascii"
    )


async def read_wish(reader: asyncio.StreamReader, send: asyncio.StreamWriter) -> Wish:
    """Read who is wanted.

    Raises:
        HandshakeError: not a handshake we know.
        asyncio.IncompleteReadError: the client went away.
    """
    first = await reader.readexactly(1)
    if first == b"\x05":
        return await _read_socks(reader, send)
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise HandshakeError("head too long", http_reply("431 Request Header Fields Too Large", "head")) from error
    return parse_head(head)


async def _read_socks(reader: asyncio.StreamReader, send: asyncio.StreamWriter) -> Wish:
    methods = await reader.readexactly((await reader.readexactly(1))[0])
    if 0 not in methods:
        raise HandshakeError("no method in common", b"\x05\xff")
    send.write(b"\x05\x00")
    version, command, _, kind = await reader.readexactly(4)
    if version != 5 or command != 1:
        raise HandshakeError("only CONNECT is served", socks_reply(SOCKS_NO_COMMAND))
    if kind == 3:
        name = await reader.readexactly((await reader.readexactly(1))[0])
        host = name.decode("utf-8", errors="replace")
    elif kind in {1, 4}:
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
    else:
        raise HandshakeError("unknown address type", socks_reply(SOCKS_NO_TYPE))
    return Wish("socks", host, int.from_bytes(await reader.readexactly(2), "big"))


def parse_head(head: bytes) -> Wish:
    """Understand the head of an HTTP proxy request.

    Args:
        head: request line and headers with the blank line.

    Returns:
        where to go; for a request in absolute form the head rewritten to origin form with
        ``Connection: close``, so that one connection carries one request to one host.

    Raises:
        HandshakeError: not a proxy request.
    """
    bad = http_reply("400 Bad Request", "head")
    line, *headers = head.decode("latin-1").split("\r\n")
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not target:
        raise HandshakeError(f"expected a proxy request, got {line[:80]!r}", bad)
    if method == "CONNECT":
        host, port = _authority(target, None, bad)
        return Wish("connect", host, port)
    scheme, _, remainder = target.partition("://")
    if scheme.lower() not in {"http", "ws"} or not remainder:
        raise HandshakeError(f"expected an http URL, got {target[:80]!r}", bad)
    authority = urlsplit("//" + remainder).netloc
    host, port = _authority(authority, 80, bad)
    origin = remainder[len(authority) :] or "/"
    kept = [text for text in headers if text and text.partition(":")[0].strip().lower() not in _HOP_HEADERS]
    upgrade = any(text.lower().startswith("upgrade:") for text in headers)
    kept.append("Connection: Upgrade" if upgrade else "Connection: close")
    origin = origin if origin.startswith("/") else "/" + origin
    return Wish("plain", host, port, "\r\n".join((f"{method} {origin} {version}", *kept, "", "")).encode("latin-1"))


def _authority(text: str, default: int | None, bad: bytes) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(default or "")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise HandshakeError(f"expected host:port, got {text[:80]!r}", bad)
    return host, int(port)
