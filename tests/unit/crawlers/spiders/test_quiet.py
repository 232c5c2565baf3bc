"""Scrapy's log lines."""

from scrapy import Request, Spider
from scrapy.http import Response

from crawlers.settings import LOG_FORMATTER
from crawlers.spiders.quiet import QuietFormatter


def test_a_fetched_page_writes_no_line() -> None:
    """Scrapy writes none where the formatter gives none, and the project names this formatter."""
    request = Request("https://shop.example/")
    spider = Spider("quiet")
    assert QuietFormatter().crawled(request, Response(request.url), spider) is None
    assert f"{QuietFormatter.__module__}.{QuietFormatter.__qualname__}" == LOG_FORMATTER
