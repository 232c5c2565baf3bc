"""Scrapy's door out: the egress policy on every connection, and certificates that are checked.

Every request of the crawl process passes here twice. Its host is resolved once and judged before it
leaves (:class:`PinnedResolver`), and no socket is made to an address that was not judged good for that
port. Redirects, robots.txt and retries are new requests and pass the same way. Twisted's reactor is not
installed (``crawlers.settings``), so there is no other door.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Headers, Response
from scrapy.utils.httpobj import urlparse_cached
from yarl import URL

from crawlers.address import DEFAULT_PORTS
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Destination, Policy, Refusal, Resolution
from kernel.clock import monotonic
from kernel.config import Settings

CACHE_SECONDS = 600.0
CACHE_SIZE = 10_000
IDLE_SECONDS = 15.0
"""A connection that nobody uses is closed after so long."""
LINE_BYTES = 1 << 16
"""Longest status line and header line: some shops send policies of tens of KB."""
HEADERS = 512


class PinnedResolver(AbstractResolver):
    """A resolver that answers with one judged address, or refuses.

    Args:
        policy: who may be reached.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._cache: dict[tuple[str, int], tuple[float, Resolution]] = {}
        self._good: set[tuple[str, int]] = set()

    async def judge(self, host: str, port: int) -> Destination:
        """Where to connect for a host, asked once in ten minutes.

        Args:
            host: name or literal, without brackets.

        Raises:
            EgressRefusedError: it may not be reached. CannotResolveHostError: it has no address.
        """
        entry = self._cache.get((host, port))
        if entry is None or entry[0] <= monotonic():
            entry = self._keep(await asyncio.to_thread(self._policy.lookup, host, port), host, port)
        verdict = entry[1].verdict
        if isinstance(verdict, Refusal):
            if verdict.reason == "unresolved":
                raise CannotResolveHostError(verdict.message)
            raise verdict.error()
        self._good.add((verdict.address, port))
        return verdict

    def _keep(self, resolution: Resolution, host: str, port: int) -> tuple[float, Resolution]:
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
            self._good.clear()
        entry = (monotonic() + CACHE_SECONDS, resolution)
        self._cache[host, port] = entry
        return entry

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The pinned address alone, as aiohttp asks for it."""
        del family
        address = (await self.judge(host, port)).address
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]  # fmt: skip

    def socket(self, place: tuple[Any, ...]) -> socket.socket:
        """A socket for an address of ``getaddrinfo``'s form, where the policy judged it good.

        Raises:
            EgressRefusedError: nobody judged this address for this port.
        """
        family, kind, proto, _, address = place
        host, port = address[:2]
        if (host, port) not in self._good:
            raise EgressRefusedError("literal", f"expected an address that was judged, got {host}:{port}")
        return socket.socket(family, kind, proto)

    async def close(self) -> None:
        """Nothing is held open."""


class _Answer(aiohttp.ClientResponse):
    """An answer that still knows its connection after a small body has come with the headers."""

    peer: tuple[Any, ...] = ()
    certificate: bytes = b""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Note address and leaf certificate of the connection."""
        transport = connection.transport
        if transport is not None:
            self.peer = transport.get_extra_info("peername") or ()
            channel = transport.get_extra_info("ssl_object")
            self.certificate = (channel.getpeercert(binary_form=True) or b"") if channel is not None else b""
        return await super().start(connection)


class PinnedDownloadHandler(BaseDownloadHandler):
    """Scrapy's HTTP client: no cookies, no proxies, no redirects, pinned addresses, checked certificates.

    Scrapy makes it from the setting ``DOWNLOAD_HANDLERS``.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        product: Settings = crawler.settings["WANGJIAN"]
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = aiohttp.ClientTimeout(total=crawler.settings.getfloat("DOWNLOAD_TIMEOUT"))
        self._resolver = PinnedResolver(Policy.from_settings(product))
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,
            socket_factory=self._resolver.socket,
            ssl=trusting(product.extra_ca_file),
            limit=0,
            limit_per_host=crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            keepalive_timeout=IDLE_SECONDS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            response_class=_Answer,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            max_headers=HEADERS,
        )

    async def download_request(self, request: Request) -> Response:
        """One request, one answer.

        Raises:
            EgressRefusedError: the host may not be reached.
            DownloadCancelledError: the body is larger than ``DOWNLOAD_MAXSIZE``.
            CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError:
                as Scrapy has them, with what was behind them as cause.
        """
        parts = urlparse_cached(request)
        await self._resolver.judge(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
        async with self._asked(request) as answer:
            body, whole = await self._body(answer)
        return Response(
            request.url,
            status=answer.status,
            headers=Headers(list(answer.raw_headers)),
            body=body,
            flags=[] if whole else ["dataloss"],
            certificate=answer.certificate or None,
            ip_address=ipaddress.ip_address(answer.peer[0]),
        )

    @asynccontextmanager
    async def _asked(self, request: Request) -> AsyncIterator[_Answer]:
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),  # sent as it is: its form is ours already
                headers=request.headers.to_tuple_list(),
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                yield cast("_Answer", answer)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"expected an answer within {self._timeout.total} s: {request.url}") from error
        except aiohttp.ClientConnectorError as error:
            raise DownloadConnectionRefusedError(str(error)) from error
        except aiohttp.ClientError as error:
            raise DownloadFailedError(str(error)) from error

    async def _body(self, answer: _Answer) -> tuple[bytes, bool]:
        """The body as it came, and whether it came whole."""
        if self._maxsize and (answer.content_length or 0) > self._maxsize:
            raise self._too_large(answer.content_length or 0)
        body = bytearray()
        try:
            async for chunk in answer.content.iter_any():
                body += chunk
                if self._maxsize and len(body) > self._maxsize:
                    raise self._too_large(len(body))
        except aiohttp.ClientPayloadError:
            return bytes(body), False
        return bytes(body), True

    def _too_large(self, size: int) -> DownloadCancelledError:
        return DownloadCancelledError(f"expected a body of at most {self._maxsize} bytes, got {size}")

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def trusting(extra_ca_file: str = "") -> ssl.SSLContext:
    """TLS that fails on a certificate that is expired, of another name, or of an unknown root.

    Args:
        extra_ca_file: path of more roots in PEM, or empty.
    """
    context = ssl.create_default_context()
    if extra_ca_file:
        context.load_verify_locations(extra_ca_file)
    return context
