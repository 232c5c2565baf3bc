"""One request through Scrapy's downloader, and what came back as plain values."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.address import DEFAULT_PORTS
from crawlers.archive import Headers
from crawlers.frontier import Previous
from crawlers.middlewares.clearance import CLEARED
from kernel.clock import monotonic, now

ACCEPT = b"text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
LANGUAGE = b"zh-CN,zh;q=0.9,en;q=0.5"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer.

    Attributes:
        request: request line and headers as bytes.
        headers: of the answer, in order.
        body: decoded bytes. truncated: the connection ended before the announced length.
        address: ``ip:port`` of the connection. certificate: SHA-256 of the leaf certificate, hex, or empty.
        rendered: the body is a DOM out of the browser.
    """

    url: str
    at: datetime
    elapsed_ms: int
    request: bytes
    status: int
    headers: Headers
    body: bytes
    address: str = ""
    certificate: str = ""
    truncated: bool = False
    rendered: bool = False
    final_url: str = ""

    def header(self, name: bytes) -> str:
        """First value of a header, or empty. ``name`` in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name), "")

    @property
    def mime(self) -> str:
        """Media type without parameters, lower case."""
        return self.header(b"content-type").partition(";")[0].strip().lower()


class Fetcher:
    """Fetches through the crawler's downloader; each call is one request, redirects are not followed."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = str(crawler.settings["USER_AGENT"]).encode()

    async def get(self, url: str, previous: Previous | None = None) -> Fetched:
        """GET an address that robots.txt allows.

        Args:
            url: canonical address.
            previous: earlier page, to ask only for a changed one.

        Raises:
            Exception: whatever the downloader raises; see ``crawlers.spiders.outcome``.
        """
        headers = {b"User-Agent": self._agent, b"Accept": ACCEPT, b"Accept-Language": LANGUAGE}
        if previous is not None:
            if previous.etag:
                headers[b"If-None-Match"] = previous.etag.encode("latin-1", "ignore")
            if previous.last_modified:
                headers[b"If-Modified-Since"] = previous.last_modified.encode("latin-1", "ignore")
        request = Request(url, headers=headers, meta={CLEARED: True}, dont_filter=True)
        start = monotonic()
        response = await self._crawler.engine.download_async(request)
        elapsed = round((monotonic() - start) * 1000)
        return _fetched(url, request, response, elapsed)


def _fetched(url: str, request: Request, response: Response, elapsed_ms: int) -> Fetched:
    address = ""
    if response.ip_address is not None:
        parts = urlsplit(url)
        host = f"[{response.ip_address}]" if response.ip_address.version == 6 else str(response.ip_address)
        address = f"{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"
    certificate = response.certificate
    return Fetched(
        url=url,
        at=now(),
        elapsed_ms=elapsed_ms,
        request=_request_bytes(url, request),
        status=response.status,
        headers=[(name, value) for name in response.headers for value in response.headers.getlist(name)],
        body=response.body,
        address=address,
        certificate=sha256(certificate).hexdigest() if isinstance(certificate, bytes) else "",
        truncated="dataloss" in response.flags,
    )


def _request_bytes(url: str, request: Request) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [b"GET %s HTTP/1.1\r\nHost: %s\r\n" % (target.encode("ascii"), parts.netloc.encode("ascii"))]
    lines.extend(b"%s: %s\r\n" % (name, value) for name in request.headers for value in request.headers.getlist(name))
    return b"".join((*lines, b"\r\n"))
