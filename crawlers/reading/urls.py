"""Addresses found on a page: made absolute, fragment-free, and compared."""

import re
from urllib.parse import urljoin, urlsplit

from crawlers.reading.document import Document

MAX_URL = 2_000

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def absolute(document: Document, href: str) -> str:
    """An absolute http(s) address without fragment; empty when the reference is none.

    Args:
        document: the page, for its URL and base element.
        href: reference as it stands in the markup.
    """
    href = href.strip().replace("\n", "").replace("\t", "").replace("\r", "")
    if not href or href[0] == "#" or len(href) > MAX_URL:
        return ""
    if _SCHEME.match(href) and not href[:6].lower().startswith(("http:", "https:")):
        return ""
    base = document.memo.get("base")
    if base is None:
        base = _base(document)
        document.memo["base"] = base
    try:
        if href[0] == "/" and href[1:2] != "/" and ".." not in href and "/./" not in href:
            return base[1] + href.partition("#")[0]
        joined = urljoin(base[0], href).partition("#")[0]
        parts = urlsplit(joined)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return joined if parts.path else f"{joined}/" if not parts.query else joined


def _base(document: Document) -> tuple[str, str]:
    """Base address of the page and its origin."""
    base = document.url
    try:
        if document.base:
            base = urljoin(document.url, document.base.strip())
        parts = urlsplit(base)
    except ValueError:
        base = document.url
        parts = urlsplit("")
    return base, f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def host_of(url: str) -> str:
    """Host and port of an address in lower case, without ``www.``; empty when it has none."""
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
    return host.removeprefix("www.")


def same_page(first: str, second: str) -> bool:
    """Whether two addresses name the same page, whatever their query and trailing slash."""

    def plain(url: str) -> str:
        return url.partition("#")[0].partition("?")[0].rstrip("/")

    return plain(first) == plain(second)
