"""JSON-LD: products, offers and breadcrumbs, read by ``json`` and forgiving what shops get wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawlers.reading.document import Document

MAX_SCRIPT = 1_000_000
MAX_NODES = 3_000
PRODUCT_TYPES = frozenset({"product", "productgroup", "individualproduct", "productmodel", "someproducts", "vehicle"})

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_FOREIGN_KEYS = frozenset({"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "review", "itemListElement"})


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the page's JSON-LD. ``foreign``: it stands in a list or among related goods."""

    pointer: str
    value: dict[str, object]
    types: frozenset[str]
    foreign: bool


def _load(text: str) -> object:
    """Parse JSON, mending the common faults; None when it cannot be understood."""
    if len(text) > MAX_SCRIPT:
        return None
    for attempt in range(2):
        try:
            parsed: object = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            if attempt:
                return None
            text = _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", _WRAPPING.sub("", text)))
        else:
            return parsed
    return None


def blocks_of(document: Document) -> list[object]:
    """Parsed JSON-LD scripts in order; None for one that is broken."""
    blocks = document.memo.get("json-ld")
    if blocks is None:
        blocks = [_load(script.text) for script in document.scripts if "ld+json" in script.type]
        document.memo["json-ld"] = blocks
    return list(blocks)


def follow(value: object, pointer: str) -> object | None:
    """The value at a pointer, or None. Spec: RFC 6901."""
    if not pointer:
        return value
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def as_text(value: object) -> str:
    """A JSON value as the text it stood as."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _types(value: dict[str, object]) -> frozenset[str]:
    kind = value.get("@type")
    names = kind if isinstance(kind, list) else [kind]
    return frozenset(name.rsplit("/", 1)[-1].lower() for name in names if isinstance(name, str))


def nodes_of(document: Document) -> list[Node]:
    """All typed objects in the page's JSON-LD, breadth first, at most ``MAX_NODES`` values; made once."""
    known = document.memo.get("json-ld-nodes")
    if not isinstance(known, list):
        known = document.memo["json-ld-nodes"] = list(_find_nodes(document))
    return known


def _find_nodes(document: Document) -> Iterator[Node]:
    queue: list[tuple[str, object, bool]] = [(f"/{i}", block, False) for i, block in enumerate(blocks_of(document))]
    position = 0
    while position < len(queue) and position < MAX_NODES:
        pointer, value, foreign = queue[position]
        position += 1
        if isinstance(value, list):
            queue.extend((f"{pointer}/{i}", item, foreign) for i, item in enumerate(value[:500]))
        elif isinstance(value, dict):
            types = _types(value)
            if types:
                yield Node(pointer, value, types, foreign)
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    step = key.replace("~", "~0").replace("/", "~1")
                    queue.append((f"{pointer}/{step}", item, foreign or key in _FOREIGN_KEYS))
