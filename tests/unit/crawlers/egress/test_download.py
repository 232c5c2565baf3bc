"""Scrapy's door: names, literals and connections pass the policy; answers come as they were sent."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response
from scrapy.settings import Settings as ScrapySettings
from scrapy.utils.test import get_crawler

from crawlers.egress import download as door
from crawlers.egress.download import PinnedDownloadHandler, PinnedResolver, trusting
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy
from kernel.config import Settings
from tests.unit.crawlers.capture.site import Authority

POLICY = Policy(
    allow=("127.0.0.1:8700", "[::1]:8700"),
    hosts=("open.example=127.0.0.1", "six.example=::1", "closed.example=10.0.0.1"),
)
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbody"


def _place(host: str, port: int) -> tuple[Any, ...]:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))


def test_only_judged_addresses_get_a_socket() -> None:
    """A name that leads to an open address pins it for that port; nothing else is connected."""
    resolver = PinnedResolver(POLICY)
    with pytest.raises(EgressRefusedError):
        resolver.socket(_place("127.0.0.1", 8700))
    (found,) = asyncio.run(resolver.resolve("open.example", 8700))
    assert (found["host"], found["port"], found["family"]) == ("127.0.0.1", 8700, socket.AF_INET)
    resolver.socket(_place("127.0.0.1", 8700)).close()
    for host, port in (("127.0.0.1", 8701), ("10.0.0.1", 8700), ("open.example", 8700)):
        with pytest.raises(EgressRefusedError):
            resolver.socket(_place(host, port))


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("closed.example", 80, "not-global"), ("open.example", 8701, "not-global"), ("127.0.0.1", 80, "not-global"),
        ("2130706433", 80, "literal"),
    ],
)  # fmt: skip
def test_refused_hosts_have_a_reason(host: str, port: int, reason: str) -> None:
    """Private addresses, closed ports and disguised literals are refused."""
    with pytest.raises(EgressRefusedError) as caught:
        asyncio.run(PinnedResolver(POLICY).judge(host, port))
    assert caught.value.reason == reason


def test_a_name_without_an_address_is_no_refusal() -> None:
    """The name server may know more tomorrow."""
    with pytest.raises(CannotResolveHostError):
        asyncio.run(PinnedResolver(POLICY).judge("never.invalid", 80))


def test_answers_are_kept_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is asked for once in ten minutes, whatever its server would say now; the store is bounded."""
    monkeypatch.setattr(door, "CACHE_SIZE", 1)
    resolver = PinnedResolver(POLICY)
    assert asyncio.run(resolver.judge("six.example", 8700)).address == "::1"
    with monkeypatch.context() as quiet:
        quiet.setattr(Policy, "lookup", lambda *_: pytest.fail("asked again"))
        assert asyncio.run(resolver.judge("six.example", 8700)).address == "::1"
    asyncio.run(resolver.judge("open.example", 8700))
    with pytest.raises(EgressRefusedError):
        resolver.socket(_place("::1", 8700))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _handler(serve: Serve, context: ssl.SSLContext | None = None, **extra: object) -> AsyncIterator[Any]:
    """A handler and a server it may reach: calls ``ask(path)``."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    ca_file = str(extra.pop("ca_file", ""))
    if extra.pop("closed", False):
        server.close()
    product = Settings(
        egress_allow=(f"localhost:{port}",), egress_hosts=("localhost=127.0.0.1",), extra_ca_file=ca_file
    )
    settings = ScrapySettings({"WANGJIAN": product, "TWISTED_REACTOR_ENABLED": False, "DOWNLOAD_TIMEOUT": 5, **extra})
    handler = PinnedDownloadHandler(get_crawler(settings_dict=dict(settings)))
    scheme = "https" if context else "http"

    async def ask(path: str, headers: dict[str, str] | None = None) -> Response:
        return await handler.download_request(Request(f"{scheme}://localhost:{port}{path}", headers=headers))

    try:
        yield ask
    finally:
        await handler.close()
        server.close()
        await server.wait_closed()


def _always(answer: bytes, heard: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await reader.readuntil(b"\r\n\r\n")
            if heard is not None:
                heard.append(asked)
            writer.write(answer)
            await writer.drain()
            if b"cut" in asked:
                return

    return serve


@pytest.mark.asyncio
async def test_a_request_goes_out_as_it_is_recorded() -> None:
    """The address is sent as it stands, with our headers and no others; bytes of headers come back unchanged."""
    heard: list[bytes] = []
    lines = (
        b"HTTP/1.1 200 OK",
        b"X-Odd: \xc4\xe3\xba\xc3",
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
        b"Content-Length: 2",
    )
    odd = b"\r\n".join(lines) + b"\r\n\r\nhi"
    async with _handler(_always(odd, heard)) as ask:
        first = await ask("/p%2f?q=%e4&b=1", {"User-Agent": "us", "Accept": "text/html"})
        again = await ask("/next")
    line, *rest = heard[0].decode().split("\r\n")
    assert line == "GET /p%2f?q=%e4&b=1 HTTP/1.1"
    assert [item.partition(":")[0] for item in rest if item] == ["Host", "User-Agent", "Accept"]
    assert b"Cookie" not in heard[1]
    assert (first.body, first.status, str(first.ip_address)) == (b"hi", 200, "127.0.0.1")
    assert first.headers[b"X-Odd"] == b"\xc4\xe3\xba\xc3"
    assert first.headers.getlist("Set-Cookie") == [b"a=1", b"b=2"]
    assert again.body == b"hi"


@pytest.mark.asyncio
async def test_redirects_are_answers() -> None:
    """They are judged by the visit, not followed."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    async with _handler(_always(moved)) as ask:
        answer = await ask("/")
    assert (answer.status, answer.headers[b"Location"]) == (302, b"http://10.0.0.1/")


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [3, 300_000])
async def test_what_came_of_a_cut_answer_is_kept(size: int) -> None:
    """All that came, and that it is not whole."""
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * size
    async with _handler(_always(cut)) as ask:
        answer = await ask("/cut")
    assert answer.body == b"x" * size
    assert answer.flags == ["dataloss"]


@pytest.mark.asyncio
@pytest.mark.parametrize("head", [b"Content-Length: 3000\r\n\r\n", b"Connection: close\r\n\r\n"])
async def test_too_large(head: bytes) -> None:
    """Refused by what is announced, and by what comes."""
    async with _handler(_always(b"HTTP/1.1 200 OK\r\n" + head + b"x" * 3_000), DOWNLOAD_MAXSIZE=2_000) as ask:
        with pytest.raises(DownloadCancelledError):
            await ask("/cut")


@pytest.mark.asyncio
async def test_long_headers_are_read() -> None:
    """Shops send policies of tens of KB."""
    policy = b"HTTP/1.1 200 OK\r\nContent-Security-Policy: " + b"a" * 30_000 + b"\r\nContent-Length: 0\r\n\r\n"
    async with _handler(_always(policy)) as ask:
        assert len((await ask("/")).headers[b"Content-Security-Policy"]) == 30_000


@pytest.mark.asyncio
async def test_failures_have_scrapy_s_names() -> None:
    """No HTTP, no answer in time, a slow drip, nobody there."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with _handler(_always(b"SSH-2.0-x\r\n\r\n")) as ask:
        with pytest.raises(DownloadFailedError):
            await ask("/")
    async with _handler(drip, DOWNLOAD_TIMEOUT=0.2) as ask:
        with pytest.raises(DownloadTimeoutError):
            await ask("/")


@pytest.mark.asyncio
async def test_nobody_there() -> None:
    """A closed port is told from a name without an address."""
    async with _handler(_always(PLAIN), closed=True) as ask:
        with pytest.raises(DownloadConnectionRefusedError):
            await ask("/")


@pytest.mark.asyncio
async def test_certificates_are_checked(tmp_path: Path) -> None:
    """A root of the settings is trusted and the leaf is told; an unknown root is refused."""
    authority = Authority(tmp_path)
    context, leaf = authority.leaf("localhost")
    async with _handler(_always(PLAIN), context, ca_file=authority.file) as ask:
        answer = await ask("/")
    assert answer.body == b"body"
    assert isinstance(answer.certificate, bytes)
    assert answer.certificate == leaf
    async with _handler(_always(PLAIN), context) as ask:
        with pytest.raises(DownloadConnectionRefusedError) as caught:
            await ask("/")
    assert isinstance(caught.value.__cause__, OSError)
    assert trusting().verify_mode is ssl.CERT_REQUIRED
