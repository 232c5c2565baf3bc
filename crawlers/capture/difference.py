"""What two looks at one address have in common and what not. Differences are reported, not judged.

A page may differ honestly between two looks: personal prices, clocks, load balancing, scripts that a plain fetch does
not run. So a difference never fails a capture; whoever reads the record decides what it means.
"""

import html
import re
from dataclasses import dataclass

_HIDDEN = re.compile(r"<(script|style|template|noscript)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<[^>]*>", re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_PRICE = re.compile(r"[¥￥$€]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?(?:元|万元)")
_SPACE = re.compile(r"\s+")
MAX_CHARACTERS = 2_000_000
MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class View:
    """One look.

    Attributes:
        status: HTTP status. url: at the end. title: shown. texts: visible pieces of text, in order.
        body_sha256: of the document as received, hex. certificate: SHA-256 of the leaf, hex, empty without TLS.
        remote_address: of the document's connection.
    """

    status: int
    url: str
    title: str
    texts: tuple[str, ...]
    body_sha256: str
    certificate: str
    remote_address: str


def decode(body: bytes, content_type: str) -> str:
    """Text of a document: by its header, its own word, UTF-8, GB 18030; what fits no one is replaced."""
    named = _CHARSET.search(content_type.encode()) or _CHARSET.search(body[:2048])
    for name in (named.group(1).decode() if named else "", "utf-8", "gb18030"):
        try:
            return body.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", "replace")


def title_of(text: str) -> str:
    """The title a document gives itself."""
    found = _TITLE.search(text)
    return _SPACE.sub(" ", html.unescape(found.group(1))).strip()[:1_000] if found else ""


def texts_of(text: str) -> tuple[str, ...]:
    """The pieces of text between tags, scripts and styles left out."""
    without = _TITLE.sub("</title", _HIDDEN.sub(" ", text[:MAX_CHARACTERS]))
    pieces = (_SPACE.sub(" ", html.unescape(piece)).strip() for piece in _BREAK.split(without))
    return tuple(piece for piece in pieces if piece)


def prices_of(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Prices as they are written, each once, in order."""
    found = (_SPACE.sub("", price) for text in texts for price in _PRICE.findall(text))
    return tuple(dict.fromkeys(found))


def compare(first: View, second: View) -> dict[str, object]:
    """Compare two looks.

    Returns:
        ``same`` (names), ``different`` (name, first, second), and text that only one of them shows, at most
        ``MAX_LINES`` pieces each with the number of all.
    """
    pairs: tuple[tuple[str, object, object], ...] = (
        ("status", first.status, second.status),
        ("final_url", first.url, second.url),
        ("title", first.title, second.title),
        ("prices", list(prices_of(first.texts)), list(prices_of(second.texts))),
        ("text", _joined(first), _joined(second)),
        ("body_sha256", first.body_sha256, second.body_sha256),
        ("certificate_sha256", first.certificate, second.certificate),
        ("remote_address", first.remote_address, second.remote_address),
    )
    different: list[dict[str, object]] = []
    for name, mine, theirs in pairs:
        if mine != theirs:
            entry: dict[str, object] = {"what": name}
            different.append(entry if name == "text" else {**entry, "first": mine, "second": theirs})
    return {
        "same": [name for name, mine, theirs in pairs if mine == theirs],
        "different": different,
        "text_only_in_first": _only(first, second),
        "text_only_in_second": _only(second, first),
    }


def _joined(view: View) -> str:
    return "\n".join(view.texts)


def _only(one: View, other: View) -> dict[str, object]:
    there = set(other.texts)
    found = [text[:300] for text in dict.fromkeys(one.texts) if text not in there]
    return {"count": len(found), "texts": found[:MAX_LINES]}
