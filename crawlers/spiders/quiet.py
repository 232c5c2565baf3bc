"""Scrapy's log lines for each page are not written: every outcome is in the database."""

from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter


class QuietFormatter(LogFormatter):
    """No line for a page that was fetched."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> Any:
        """Nothing."""
        del request, response, spider
