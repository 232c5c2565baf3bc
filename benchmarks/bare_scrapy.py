"""A bare Scrapy spider: fetches the pages and does nothing with them. Prints how it went as JSON.

``python -m benchmarks.bare_scrapy PORT PAGES CONCURRENT ['{"CONCURRENT_ITEMS": 4}']``: run by ``benchmarks.crawl``.
"""

import json
import resource
import sys
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from kernel.clock import monotonic


class BareSpider(Spider):
    """Fetches and forgets."""

    name = "bare"
    told: dict[str, float] = {}  # noqa: RUF012 - one run a process, read after the spider is gone

    async def start(self) -> AsyncIterator[Any]:
        """All addresses at once, as a list of seeds."""
        for number in range(self.pages):
            yield Request(f"http://127.0.0.1:{self.port}/p/{number}")

    def __init__(self, port: int, pages: int, **options: Any) -> None:
        super().__init__(**options)
        self.port, self.pages, self.seen = port, pages, 0

    def parse(self, response: Response) -> None:
        """Count it."""
        self.seen += len(response.body) > 0

    def closed(self, reason: str) -> None:
        """Write down when the last page was done."""
        del reason
        self.told.update(ended=monotonic(), pages=self.seen)


def main() -> None:
    """One crawl."""
    port, pages, concurrent = (int(word) for word in sys.argv[1:4])
    extra = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    settings = {
        "CONCURRENT_REQUESTS": concurrent, "CONCURRENT_REQUESTS_PER_DOMAIN": concurrent, "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "INFO", **extra,
    }  # fmt: skip
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, port=port, pages=pages)
    process.start()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**BareSpider.told, "cpu": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()
