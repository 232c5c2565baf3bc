"""What a page shows to somebody who looks for badges: links, pictures, frames, words. Text in, values out."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_ITEMS = 2_000
MAX_TEXT = 200_000
_BACKGROUND = re.compile(r"url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture of a page.

    Attributes:
        address: absolute, or empty where the bytes stand in the page. data: those bytes.
        words: alternative text, title and file name. target: of the link around it; None without one.
        told: inside an article or a figure, where pictures illustrate. footed: inside a foot, where seals stand.
    """

    address: str
    words: str
    target: str | None = None
    data: bytes = b""
    told: bool = False
    footed: bool = False


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link with its words (those of a picture in it too). ``pictured``: it holds a picture."""

    target: str
    words: str
    pictured: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class PageLook:
    """A page. ``drawings`` are the texts of inline SVG."""

    url: str
    text: str
    pictures: tuple[SeenPicture, ...]
    links: tuple[SeenLink, ...]
    frames: tuple[str, ...]
    drawings: tuple[str, ...]


def look_at(html: str, *, url: str) -> PageLook:
    """Read a page. Hostile ones show little; none of them is an error.

    Args:
        html: decoded. url: its address, after redirects.
    """
    tree = LexborHTMLParser(html)
    drawings = tuple((node.text(separator=" ") or "")[:2_000] for node in tree.css("svg")[:MAX_ITEMS])
    links = tuple(_link(node, url) for node in tree.css("a[href]")[:MAX_ITEMS])
    pictures = tuple(_pictures(tree, url))
    frames = tuple(_absolute(node.attributes.get("src") or "", url) for node in tree.css("iframe[src]")[:MAX_ITEMS])
    for node in tree.css("script, style, noscript, template"):
        node.decompose()
    text = (tree.body.text(separator=" ") if tree.body else "")[:MAX_TEXT]
    return PageLook(url, " ".join(text.split()), pictures, links, frames, drawings)


def _pictures(tree: LexborHTMLParser, url: str) -> list[SeenPicture]:
    found = []
    for node in tree.css("img, input[type=image], embed, object[data], [style*=url]")[:MAX_ITEMS]:
        given = node.attributes
        style = _BACKGROUND.search(given.get("style") or "")
        source = given.get("src") or given.get("data-src") or given.get("data") or (style[1] if style else "")
        if not source:
            continue
        told = _inside(node, "article", "figure") is not None
        around = _inside(node, "a")
        target = _absolute(around.attributes.get("href") or "", url) if around is not None else None
        words = " ".join(filter(None, (given.get("alt"), given.get("title"), _file_name(source))))[:300]
        data = _inline(source)
        footed = _inside(node, "footer") is not None
        found.append(SeenPicture("" if data else _absolute(source, url), words, target, data, told, footed))
    return found


def _link(node: LexborNode, url: str) -> SeenLink:
    pictures = node.css("img, svg")
    inner = [picture.attributes.get("alt") or picture.attributes.get("title") or "" for picture in pictures]
    names = [_file_name(picture.attributes.get("src") or "") for picture in pictures]
    words = " ".join(
        " ".join([node.text(separator=" ") or "", node.attributes.get("title") or "", *inner, *names]).split()
    )
    target = _absolute(node.attributes.get("href") or "", url)
    return SeenLink(target, words[:300], bool(pictures), _inside(node, "article") is not None)


def _inside(node: LexborNode, *tags: str) -> LexborNode | None:
    """The nearest element of one of these names around a node."""
    around = node.parent
    while around is not None and around.tag not in tags:
        around = around.parent
    return around


def _absolute(address: str, url: str) -> str:
    try:
        return urljoin(url, address.strip())[:2_000]
    except ValueError:
        return ""


def _file_name(address: str) -> str:
    return "" if address.startswith("data:") else address.partition("?")[0].rstrip("/").rpartition("/")[2][:80]


def _inline(source: str) -> bytes:
    """Bytes of a ``data:`` address. Spec: RFC 2397."""
    if not source.startswith("data:image"):
        return b""
    head, _, body = source.partition(",")
    try:
        return b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    except (Base64Error, ValueError):
        return b""
