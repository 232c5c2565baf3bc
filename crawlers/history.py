"""History of facts: which values are new, which stand, which are gone. Pure; the rows are written elsewhere.

Each value has a *slot*, so that one slot of one field has one value at a time:

* a detail page speaks for its listing: ``price`` has the slot ``kind`` or ``kind:sku``, ``image`` its
  number, ``option`` its label, repeated texts (``review``, ``permit`` …) a part of their digest, all
  else the empty slot. What the page no longer says is superseded.
* list pages (stubs) and pages about the shop share slots: ``list``, ``list:struck`` for stubs, the
  page's kind for facts of the shop. A second, different value from another page stands beside the
  first under ``slot#digest``; a page supersedes only what was read from itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kernel.crypto import canonical_json, sha256_hex
from kernel.facts import Fact, FactValue, ListingFacts

STUB_SLOT = "list"
REPEATED = frozenset({"review", "permit", "promotion", "gift", "notice", "contact", "sku", "licence_image"})
SLOT_LENGTH = 120
DIGEST_LENGTH = 32
SURE = 50
_BUST = re.compile(r"([?&])(?:_|v|t|ts|ver|time|timestamp|rand|random|nocache)=[\w.-]*(?:&|$)", re.IGNORECASE)
COLUMN_LENGTHS = {"title": 500, "category": 200, "brand": 100}


@dataclass(frozen=True, slots=True)
class Placed:
    """A fact with its slot and the digest of its value."""

    slot: str
    digest: str
    fact: Fact


@dataclass(slots=True)
class Standing:
    """A value that stands: a row of ``fact`` without ``superseded_at``.

    Attributes:
        id: of the row, or 0 while it is not yet written (``pending`` is then its place in the batch).
        source: ``url_key`` of the page it was first read from.
    """

    id: int
    field: str
    slot: str
    digest: str
    source: str
    pending: int = -1


@dataclass(frozen=True, slots=True)
class Changes:
    """What a page changes: values to write, and standing ones that end."""

    new: tuple[Placed, ...]
    ended: tuple[Standing, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.ended)


def value_digest(value: FactValue) -> str:
    """First 32 hex digits of the SHA-256 of a value's canonical JSON."""
    return sha256_hex(canonical_json(value if isinstance(value, str | int) else dict(value)))[:DIGEST_LENGTH]


def fact_digest(fact: Fact) -> str:
    """Digest by which a fact is told from the one that stands.

    A picture's address counts without the number by which shops get round caches (``?_=1795616864``):
    it changes with every page and says nothing of the picture.
    """
    if fact.field == "image" and isinstance(fact.value, str) and "?" in fact.value:
        return value_digest(_BUST.sub(r"\1", fact.value).rstrip("?&"))
    return value_digest(fact.value)


def _base_slot(fact: Fact, digest: str, counts: dict[str, int]) -> str:
    value = fact.value
    if fact.field == "price" and isinstance(value, Mapping):
        sku = value.get("sku")
        return f"{value.get('kind')}:{sku}" if sku else str(value.get("kind"))
    if fact.field == "option" and isinstance(value, Mapping):
        return str(value.get("label"))
    if fact.field == "image":
        number = counts.get("image", 0)
        counts["image"] = number + 1
        return str(number)
    return digest[:12] if fact.field in REPEATED else ""


def place_detail(facts: Iterable[Fact]) -> list[Placed]:
    """The facts of a detail page with their slots; the same value is kept once a slot."""
    placed: dict[tuple[str, str], Placed] = {}
    counts: dict[str, int] = {}
    for fact in facts:
        digest = fact_digest(fact)
        base = _base_slot(fact, digest, counts).replace("#", "＃")[:SLOT_LENGTH]  # "#" is ours
        key, number = (fact.field, base), 1
        while key in placed and placed[key].digest != digest:
            number += 1
            key = (fact.field, f"{base[: SLOT_LENGTH - 4]}#{number}")
        placed.setdefault(key, Placed(key[1], digest, fact))
    return list(placed.values())


def place_stub(facts: Iterable[Fact]) -> list[Placed]:
    """The facts of a stub: slot ``list``, or ``list:<slot>`` for other kinds of price."""
    result = []
    for item in place_detail(facts):
        base = item.slot.partition("#")[0]
        slot = STUB_SLOT if base in {"", "shown", "0"} else f"{STUB_SLOT}:{base}"[:SLOT_LENGTH]
        result.append(Placed(slot, item.digest, item.fact))
    return result


def place_shop(facts: Iterable[Fact], page_kind: str) -> list[Placed]:
    """Facts about the shop: slot is the kind of the page, each different value once."""
    placed: dict[tuple[str, str], Placed] = {}
    for fact in facts:
        digest = fact_digest(fact)
        placed.setdefault((fact.field, digest), Placed(page_kind, digest, fact))
    return list(placed.values())


def is_stub_slot(slot: str) -> bool:
    """True for values that were read from list pages."""
    return slot == STUB_SLOT or slot.startswith((f"{STUB_SLOT}:", f"{STUB_SLOT}#"))


def detail_changes(standing: Iterable[Standing], placed: Sequence[Placed]) -> Changes:
    """What a detail page changes of its listing; values from list pages are not touched."""
    current = {(item.field, item.slot): item for item in standing if not is_stub_slot(item.slot)}
    new: list[Placed] = []
    for item in placed:
        found = current.get((item.fact.field, item.slot))
        if found is not None and found.digest == item.digest:
            del current[item.fact.field, item.slot]
        else:
            new.append(item)
    return Changes(tuple(new), tuple(current.values()))


def shared_changes(standing: Iterable[Standing], placed: Sequence[Placed], source: str) -> Changes:
    """What one of several pages changes of values they share.

    Args:
        standing: values that stand in these shared slots.
        placed: what this page says. source: its ``url_key``.
    """
    current = list(standing)
    said = {(item.fact.field, item.slot, item.digest) for item in placed}
    ended = [
        item
        for item in current
        if item.source == source and (item.field, item.slot.partition("#")[0], item.digest) not in said
    ]
    gone = {id(item) for item in ended}
    kept = [item for item in current if id(item) not in gone]
    known = {(item.field, item.slot.partition("#")[0], item.digest) for item in kept}
    taken = {(item.field, item.slot) for item in kept}
    new: list[Placed] = []
    for item in placed:
        if (item.fact.field, item.slot, item.digest) in known:
            continue
        slot = item.slot
        if (item.fact.field, slot) in taken:
            slot = f"{slot[: SLOT_LENGTH - 13]}#{item.digest[:12]}"
        taken.add((item.fact.field, slot))
        known.add((item.fact.field, item.slot, item.digest))
        new.append(Placed(slot, item.digest, item.fact))
    return Changes(tuple(new), tuple(ended))


def listing_columns(entry: ListingFacts) -> dict[str, object]:
    """Newest facts of a listing as its columns, for lists and search.

    A price the extractor is unsure of (confidence below 50) is not shown as one: null, not a guess.

    Returns:
        ``title description category brand price_fen struck_fen currency stock sales image_url``;
        a stub gives only those it has.
    """
    texts: dict[str, object] = {}
    for fact in entry.facts:
        name = "image_url" if fact.field == "image" else fact.field
        if name in {"title", "description", "category", "brand", "image_url"} and name not in texts:
            texts[name] = str(fact.value)[: COLUMN_LENGTHS.get(name, 100_000)]
        elif name in {"stock", "sales"} and name not in texts and isinstance(fact.value, int):
            texts[name] = fact.value if fact.confidence >= SURE else None
    texts.update(_price_columns(entry.facts))
    if entry.is_stub:
        return {name: value for name, value in texts.items() if value is not None}
    blank: dict[str, object] = {
        "title": "", "description": "", "category": "", "brand": "", "price_fen": None, "struck_fen": None,
        "currency": "CNY", "stock": None, "sales": None, "image_url": "",
    }  # fmt: skip
    return {**blank, **texts}


def _price_columns(facts: Iterable[Fact]) -> dict[str, object]:
    """Shown price: the first without SKU, else the lowest of the SKUs; a range counts by its lower end."""
    best: dict[str, tuple[int, int]] = {}
    chosen: dict[str, tuple[int, str]] = {}
    for fact in facts:
        value = fact.value
        if fact.field != "price" or not isinstance(value, Mapping) or fact.confidence < SURE:
            continue
        fen, kind = value.get("fen"), str(value.get("kind"))
        if isinstance(fen, bool) or not isinstance(fen, int):
            continue
        column = {"shown": "price_fen", "range": "price_fen", "struck": "struck_fen"}.get(kind)
        if column is None:
            continue
        sku = bool(value.get("sku"))
        rank = (int(sku) + 2 * int(kind == "range"), fen if sku else 0)
        if column not in best or rank < best[column]:
            best[column] = rank
            chosen[column] = (fen, str(value.get("currency") or "CNY")[:3])
    columns: dict[str, object] = {column: fen for column, (fen, _) in chosen.items()}
    if "price_fen" in chosen:
        columns["currency"] = chosen["price_fen"][1]
    return columns
