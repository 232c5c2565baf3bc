"""Processor time for one page's facts, beside what a plain spider spends on the same page.

Run: ``.venv/bin/python -m benchmarks.extract``. Prints milliseconds a page, the median of five runs, for the
sample market's pages (day 0, every tenth) and for the 20 KB product page of ``benchmarks.page_server`` with
JSON-LD and 60 links.

The rival is ``parsel``: parse and ten CSS queries, what a hand-written spider needs for one known shop. It knows
where everything stands; extraction finds it, with the place of each fact, and reads licence, links and text too.
Each page is new to both sides, but names and addresses come again from page to page, as they do on real shops.
"""

import sys
from collections.abc import Callable, Sequence
from statistics import median
from time import process_time

from parsel import Selector

from benchmarks.page_server import product_page
from crawlers.extraction import extract
from simulators.market.world import World

RUNS = 5
TARGET_MS = 2.2
PAGES = 60
QUERIES = (
    "h1::text",
    "title::text",
    ".price span::text",
    ".stock::text",
    ".sales::text",
    "dl dt::text",
    "dl dd::text",
    ".desc p::text",
    "script[type='application/ld+json']::text",
    "a::attr(href)",
)

Given = tuple[bytes, str, str]
"""A page: bytes, address, content type."""


def market_pages() -> list[Given]:
    """Every tenth page of the sample market."""
    world = World(0)
    pages = [(f"http://{host}{path}", world.page(host, path)) for host, path in world.paths()[::10]]
    return [(page.body, url, page.content_type) for url, page in pages if "html" in page.content_type]


def product_pages() -> list[Given]:
    """Product pages as the crawl's benchmark serves them."""
    return [
        (product_page(number, 2_000, 0), f"http://127.0.0.1/p/{number}", "text/html; charset=utf-8")
        for number in range(PAGES)
    ]


def ours(page: Given) -> object:
    """All facts of a page."""
    body, url, content_type = page
    return extract(body, url=url, content_type=content_type)


def theirs(page: Given) -> object:
    """Ten answers of ``parsel``."""
    selector = Selector(page[0].decode("utf-8", "replace"))
    return [selector.css(query).getall() for query in QUERIES]


def milliseconds(work: Callable[[Given], object], pages: Sequence[Given]) -> float:
    """Processor time a page, the median of some runs."""
    taken = []
    for _ in range(RUNS):
        start = process_time()
        for page in pages:
            work(page)
        taken.append((process_time() - start) / len(pages) * 1_000)
    return median(taken)


def row(name: str, pages: Sequence[Given]) -> float:
    """Print one row; returns our milliseconds a page."""
    size = sum(len(page[0]) for page in pages) / len(pages) / 1_000
    mine, rival = milliseconds(ours, pages), milliseconds(theirs, pages)
    print(
        f"{name:28} {len(pages):4} pages of {size:5.1f} KB  extract {mine:5.2f} ms  parsel, 10 queries {rival:5.2f} ms"
    )
    return mine


def main() -> int:
    """Run both rows; exit code 1 when the target is missed."""
    row("sample market", market_pages())
    taken = row("product page, 60 links", product_pages())
    print(f"target <= {TARGET_MS} ms on the product page: {'met' if taken <= TARGET_MS else 'MISSED'}")
    return 0 if taken <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
