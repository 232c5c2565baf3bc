"""Read the pages of 拼集市: by its description, and by what shops have in common where that says nothing."""

from crawlers.reading.adapted import read_adapted
from crawlers.reading.parsing import parse
from crawlers.reading.platform import platform_of
from kernel.facts import PageFacts

PLATFORM = platform_of("pinjishi")


def extract(body: bytes, *, url: str, content_type: str = "") -> PageFacts:
    """Facts of one page.

    Args:
        body: the page as received, any bytes.
        url: absolute URL of the page, after redirects.
        content_type: the header's value, may be empty.
    """
    return read_adapted(parse(body, url=url, content_type=content_type), PLATFORM)
