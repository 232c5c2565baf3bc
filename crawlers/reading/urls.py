"""Addresses found on a page: made absolute, fragment-free, and compared."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from crawlers.reading.document import Document
from crawlers.reading.marks import Answers

MAX_URL = 2_000

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_WHOLE = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"https?://(?:www\.)?+([a-z0-9.-]+(?::\d+)?)(?=[/?#]|$)", re.ASCII)


class _Reference(NamedTuple):
    """A reference as it stands in markup, cleaned: empty when it leads nowhere.

    Attributes:
        rooted: path and query without fragment, of a reference that needs no base but the origin.
        whole: it is an http(s) address of its own.
    """

    text: str
    rooted: str = ""
    whole: bool = False


def _read_reference(href: str) -> _Reference:
    href = href.strip().replace("\n", "").replace("\t", "").replace("\r", "")
    if not href or href[0] == "#" or len(href) > MAX_URL:
        return _Reference("")
    if _SCHEME.match(href) and not href[:6].lower().startswith(("http:", "https:")):
        return _Reference("")
    if href[0] == "/" and href[1:2] != "/" and ".." not in href and "/./" not in href:
        return _Reference(href, href.partition("#")[0])
    return _Reference(href, whole=_WHOLE.match(href) is not None)


_REFERENCES = Answers(_read_reference)


class _Base(NamedTuple):
    """What references are resolved against: an address, its origin, and the root of its scheme."""

    address: str
    origin: str
    scheme_root: str


def absolute(document: Document, href: str) -> str:
    """An absolute http(s) address without fragment; empty when the reference is none.

    Args:
        document: the page, for its URL and base element.
        href: reference as it stands in the markup.
    """
    reference = _REFERENCES[href]
    if not reference.text:
        return ""
    base: _Base | None = document.memo.get("base")
    if base is None:
        base = document.memo["base"] = _base(document)
    if reference.rooted:
        return base.origin + reference.rooted
    if reference.whole and base.origin:
        # Of the base only its scheme matters, so pages of one site share the answer.
        return _join_whole(base.scheme_root, reference.text)
    return _join(base.address, reference.text)


def _join(base: str, href: str) -> str:
    try:
        joined = urljoin(base, href).partition("#")[0]
        parts = urlsplit(joined)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return joined if parts.path else f"{joined}/" if not parts.query else joined


_join_whole = lru_cache(maxsize=8_192)(_join)


def _base(document: Document) -> _Base:
    """Base address of the page, its origin, and the root of its scheme."""
    base = document.url
    try:
        if document.base:
            base = urljoin(document.url, document.base.strip())
        parts = urlsplit(base)
    except ValueError:
        base = document.url
        parts = urlsplit("")
    return _Base(base, f"{parts.scheme}://{parts.netloc}" if parts.netloc else "", f"{parts.scheme}://x/")


def host_of(url: str) -> str:
    """Host and port of an address in lower case, without ``www.``; empty when it has none."""
    plain = _PLAIN_HOST.match(url)
    if plain:
        return plain[1]
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
    return host.removeprefix("www.")


_NAMING = re.compile(
    r"(?:^|&)((?:s|r|rt|route|main_page|controller|mod|act|(?:item|goods|products?)?_?id)=[^&]+)", re.IGNORECASE
)
_ROUTE = re.compile(r"(?:^|&)(?:s|r|rt|route|main_page)=/?([A-Za-z_]\w*(?:(?:/|%2F)[^&]*)?)(?:&|$)", re.IGNORECASE)


def _page_name(url: str) -> str:
    path, _, query = url.partition("#")[0].partition("?")
    named = _NAMING.findall(query) if query else ()
    return "?".join((path.rstrip("/"), *sorted(named)))


PLAIN: Answers[str] = Answers(_page_name)
"""Addresses without fragment, trailing slash and query, but for the parameters that say which page it is.

Many shop systems keep every page at one path: ``index.php?route=product/product&product_id=42``.
"""


def same_page(first: str, second: str) -> bool:
    """Whether two addresses name the same page, whatever else their query asks and their trailing slash."""
    return PLAIN[first] == PLAIN[second]


def route_of(query: str) -> str:
    """The path that a query names (``route=product/product`` → ``/product/product``); empty where it names none.

    Args:
        query: part of an address after the question mark, without it.
    """
    found = _ROUTE.search(query)
    return f"/{found[1].replace('%2F', '/').replace('%2f', '/')}" if found else ""
