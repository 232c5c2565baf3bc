"""Read the pages of any shop, by what shops have in common."""

from crawlers.reading.page import read_page
from crawlers.reading.parsing import parse
from kernel.facts import PageFacts


def extract(body: bytes, *, url: str, content_type: str = "") -> PageFacts:
    """Facts of one page.

    Args:
        body: the page as received, any bytes.
        url: absolute URL of the page, after redirects.
        content_type: the header's value, may be empty.
    """
    return read_page(parse(body, url=url, content_type=content_type))
