"""One request and its answer, as the browser saw them on the wire."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Pairs = tuple[tuple[str, str], ...]

_SECRET_HEADERS = frozenset({"cookie", "set-cookie", "authorization", "proxy-authorization"})
_ATTRIBUTES = frozenset(
    {"expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned", "priority"}
)
"""Of a cookie, by their specification; what else stands after a semicolon may be a piece of the secret."""
_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_CONTROL = re.compile(r"[\r\n\x00]+")


@dataclass(slots=True)
class Exchange:
    """What passed for one URL. Filled while events come in, read when the capture is written.

    Attributes:
        url, method, kind: of the request; ``kind`` is Chromium's resource type.
        at: when the request was sent (aware UTC).
        session: CDP session the events came from; empty is the page's own.
        status: HTTP status, 0 while there is no answer.
        request_head, response_head: headers as they were sent and received, secrets still in.
        status_line: as received, without line end; empty where the protocol has none (HTTP/2).
        data_bytes: length of the payload as received, content coding removed.
        body: the payload; None where it could not be had.
        body_form: empty where the body is as received; ``text`` where the browser gave decoded text
            only, ``length`` where its length is not the received one.
        failure: Chromium's error word, or empty. blocked: why the browser itself blocked it.
        redirected_to: where a redirect answer pointed.
        truncated: why the body is not whole (``length``), or empty.
        certificate_subject, certificate_span: of the leaf on this very connection: common name, first and last
            second of its validity (Unix time). key_exchange: group or method. connection: the browser's number of it.
        settled: nothing more will come. taped: written to the archive.
    """

    request_id: str
    url: str
    method: str
    kind: str
    at: datetime
    session: str = ""
    frame_id: str = ""
    loader_id: str = ""
    post_data: bytes = b""
    request_head: Pairs = ()
    status: int = 0
    status_line: str = ""
    response_head: Pairs = ()
    mime: str = ""
    charset: str = ""
    protocol: str = ""
    tls_protocol: str = ""
    cipher: str = ""
    certificate_subject: str = ""
    timing: dict[str, int] = field(default_factory=dict)
    encoded_bytes: int = 0
    data_bytes: int = 0
    body: bytes | None = None
    body_form: str = ""
    finished: bool = False
    finished_at: datetime | None = None
    failure: str = ""
    blocked: str = ""
    redirected_to: str = ""
    truncated: str = ""
    from_cache: bool = False
    messages: int = 0
    certificate_span: tuple[int, int] = (0, 0)
    key_exchange: str = ""
    connection: str = ""
    settled: bool = False
    taped: bool = False

    @property
    def answered(self) -> bool:
        """True where a response came."""
        return self.status > 0


class Veil:
    """Replaces secrets by salted hashes, the same secret by the same hash within one capture.

    The salt is never written down: whoever holds the capture can see that two requests carried the
    same cookie, and nothing else.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def hash(self, value: str) -> str:
        """``sha256:`` and 32 hex digits."""
        return "sha256:" + hmac.new(self._salt, value.encode(), hashlib.sha256).hexdigest()[:32]

    def headers(self, pairs: Iterable[tuple[str, str]]) -> Pairs:
        """Headers with the values of cookies and credentials replaced; names and known attributes stay.

        Spec: RFC 6265 5.2 (attributes of a cookie).
        """
        return tuple((name, self._header(name.lower(), value)) for name, value in pairs)

    def _header(self, name: str, value: str) -> str:
        if name not in _SECRET_HEADERS:
            return _CONTROL.sub(" ", value)
        if name == "cookie":
            return "; ".join(self._cookie(part) for part in value.split(";"))
        if name == "set-cookie":
            first, *attributes = value.split(";")
            return _CONTROL.sub(" ", ";".join((self._cookie(first), *map(self._attribute, attributes))))
        scheme, _, secret = value.partition(" ")
        return f"{_CONTROL.sub(' ', scheme)} {self.hash(secret)}" if secret else self.hash(scheme)

    def _attribute(self, text: str) -> str:
        known = text.partition("=")[0].strip().lower() in _ATTRIBUTES or not text.strip()
        return text if known else f" {self.hash(text)}"

    def _cookie(self, text: str) -> str:
        name, equals, value = text.strip().partition("=")
        return f"{_CONTROL.sub(' ', name)}={self.hash(value)}" if equals else self.hash(name)


def header_pairs(headers: Mapping[str, str]) -> Pairs:
    """CDP's header object as pairs; it joins repeated headers by line feeds."""
    return tuple((name, part) for name, value in headers.items() for part in str(value).split("\n"))


def parse_head(text: str) -> tuple[str, Pairs]:
    """Status line and headers of a raw head, in their order and spelling.

    Args:
        text: CDP's ``headersText``.

    Returns:
        first line and pairs; lines without a colon are dropped.
    """
    first, *lines = text.split("\r\n")
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name, value.strip()))
    return first, tuple(pairs)


def request_block(exchange: Exchange, veil: Veil) -> bytes:
    """The request as an HTTP/1.1 message, secrets veiled."""
    rest = exchange.url.partition("://")[2]
    authority, slash, path = rest.partition("/")
    target = "/" + path.partition("#")[0] if slash else "/"
    pairs = [(name, value) for name, value in veil.headers(exchange.request_head) if not name.startswith(":")]
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", authority.partition("?")[0]))
    return _message(f"{exchange.method} {target} HTTP/1.1", pairs) + exchange.post_data


def response_block(exchange: Exchange, veil: Veil) -> bytes:
    """The answer as an HTTP/1.1 message, secrets veiled.

    The payload comes without transfer coding (and without content coding where a site compressed
    although it was asked not to), so the headers that describe the framing are kept under
    ``X-Received-…`` where they no longer describe what follows.
    """
    body = exchange.body or b""
    pairs: list[tuple[str, str]] = []
    framed = False
    for name, value in veil.headers(exchange.response_head):
        lower = name.lower()
        if lower == "content-length" and value == str(len(body)):
            framed = True
        elif lower in _FRAMING and not (lower == "content-encoding" and value.lower() == "identity"):
            name = f"X-Received-{name}"  # noqa: PLW2901 - the rest of the loop takes the new name
        if not lower.startswith(":"):
            pairs.append((name, value))
    if not framed and exchange.status not in {101, 204, 304}:
        pairs.append(("Content-Length", str(len(body))))
    line = exchange.status_line or f"HTTP/1.1 {exchange.status}"
    if not line.startswith("HTTP/1"):
        line = f"HTTP/1.1 {exchange.status}"
    return _message(_CONTROL.sub(" ", line), pairs) + body


def _message(first: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")
