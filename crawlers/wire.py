"""The wire between the crawl process and its page reader: framed pages one way, framed facts the other.

A page is twelve bytes of lengths, JSON that says where it is from, and its bytes. Facts are four bytes
of length and JSON: plain values, so that whatever a hostile page made of the reader, nothing it says is
run on the other side. Text goes as UTF-8 with lone surrogates let through: what a page said stays as it was.
"""

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

from kernel.facts import Fact, Link, ListingFacts, PageFacts

READY = b"\0\0\0\0"
"""An empty frame: the reader is up."""
_PAGE = struct.Struct("!IQ")
_ANSWER = struct.Struct("!I")
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def page_frame(body: bytes, *, url: str, content_type: str, platform: str) -> bytes:
    """A page to be read, as it goes over the wire."""
    head = _write_json([url, content_type, platform]).encode("utf-8", "surrogatepass")
    return b"".join((_PAGE.pack(len(head), len(body)), head, body))


def next_page(stream: BinaryIO) -> tuple[bytes, str, str, str] | None:
    """Body, address, content type and platform of the next page; None when the other side is gone."""
    start = stream.read(_PAGE.size)
    if len(start) < _PAGE.size:
        return None
    head_size, body_size = _PAGE.unpack(start)
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) + len(body) < head_size + body_size:
        return None
    url, content_type, platform = json.loads(head.decode("utf-8", "surrogatepass"))
    return body, url, content_type, platform


def facts_frame(facts: PageFacts) -> bytes:
    """What was read. The visible text and the texts of links stay behind: nobody over there asks for them."""
    return _frame([
        "read",
        facts.kind,
        [[entry.url, entry.is_stub, _told(entry.facts)] for entry in facts.listings],
        _told(facts.shop),
        [part for link in facts.links for part in (link.url, link.kind)],
        facts.needs_browser,
        facts.notes,
    ])  # fmt: skip


def trouble_frame(error: Exception) -> bytes:
    """That a page could not be read."""
    return _frame(["odd", f"{type(error).__name__}: {error}"])


def answers_in(data: bytearray) -> list[PageFacts | str | None]:
    """The whole answers at the start of what came, which are taken out of it.

    Returns:
        For each the facts, or in words why there are none, or None for ``READY``.

    Raises:
        ValueError, TypeError, KeyError: not an answer of the page reader.
    """
    found: list[PageFacts | str | None] = []
    place, size = 0, len(data)
    while size - place >= _ANSWER.size:
        (length,) = _ANSWER.unpack_from(data, place)
        end = place + _ANSWER.size + length
        if end > size:
            break
        found.append(_answer(data[place + _ANSWER.size : end]) if length else None)
        place = end
    if place:
        del data[:place]
    return found


def _frame(value: object) -> bytes:
    payload = _write_json(value).encode("utf-8", "surrogatepass")
    return _ANSWER.pack(len(payload)) + payload


def _told(facts: Sequence[Fact]) -> list[list[object]]:
    return [[fact.field, fact.value, fact.raw, fact.locator, fact.method, fact.confidence] for fact in facts]


def _answer(payload: bytearray) -> PageFacts | str:
    word, *rest = json.loads(payload.decode("utf-8", "surrogatepass"))
    if word == "odd":
        return str(rest[0])
    kind, listings, shop, links, needs_browser, notes = rest
    return PageFacts(
        kind=kind,
        listings=tuple(ListingFacts(url, _heard(facts), is_stub=is_stub) for url, is_stub, facts in listings),
        shop=_heard(shop),
        links=tuple(map(Link, links[::2], links[1::2])),
        needs_browser=needs_browser,
        notes=tuple(notes),
    )


def _heard(told: Sequence[Sequence[Any]]) -> tuple[Fact, ...]:
    return tuple([Fact(*values) for values in told])
