"""Requests and answers as plain values."""

import asyncio
import ipaddress
from types import SimpleNamespace
from typing import Any, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, HtmlResponse
from scrapy.settings import Settings

from crawlers.frontier import Previous
from crawlers.middlewares.clearance import CLEARED
from crawlers.spiders.fetch import Fetcher
from crawlers.spiders.quiet import QuietFormatter


class Engine:
    """Stands for Scrapy's engine."""

    def __init__(self) -> None:
        self.request: Request | None = None

    async def download_async(self, request: Request) -> HtmlResponse:
        """One answer, over TLS from an IPv6 address, cut short."""
        self.request = request
        return HtmlResponse(
            request.url, 200, Headers({"Content-Type": ["text/html; charset=gbk"], "Set-Cookie": ["a", "b"]}), b"<p>",
            flags=["dataloss"], certificate=cast("Any", b"certificate"),
            ip_address=ipaddress.ip_address("2001:db8::1"),
        )  # fmt: skip


def test_one_get() -> None:
    """Cleared, honest, conditional; the answer's connection facts are kept."""
    engine = Engine()
    settings = Settings({"USER_AGENT": "WangjianBot/1"})
    crawler = cast("Crawler", SimpleNamespace(engine=engine, settings=settings))
    previous = Previous(1, "x", '"tag"', "Wed, 25 Nov 2026 08:00:00 GMT", "home")
    fetched = asyncio.run(Fetcher(crawler).get("https://shop.example/a?b=1", previous))
    assert engine.request is not None
    assert engine.request.meta[CLEARED] is True
    assert fetched.request.startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: shop.example\r\n")
    assert b'If-None-Match: "tag"' in fetched.request
    assert b"If-Modified-Since: Wed" in fetched.request
    assert (fetched.address, fetched.mime, fetched.truncated) == ("[2001:db8::1]:443", "text/html", True)
    assert [value for name, value in fetched.headers if name == b"Set-Cookie"] == [b"a", b"b"]
    assert len(fetched.certificate) == 64
    assert fetched.header(b"missing") == ""


def test_no_line_for_a_page() -> None:
    """The log is for what is not in the database."""
    response = HtmlResponse("http://a.example/")
    assert QuietFormatter().crawled(Request("http://a.example/"), response, cast("Any", None)) is None
