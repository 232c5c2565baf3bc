"""The shape of the index: every field, its kind, and which of them people see as facets and sorts."""

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["words", "characters", "keyword", "integer"]

TEXTS = ("title", "description", "shop", "brand", "category", "seller")
"""Texts that can be asked for by words and by exact phrase."""

NAMES_WORDS = "names_words"
"""Words of shop, brand, category and seller together, for words typed without a field."""

FILLED = "filled"
"""Names of the texts that are not empty."""

KEYWORDS = (
    FILLED,
    "platform",
    "shop_id",
    "category",
    "brand",
    "currency",
    "host",
    "code",
    "rule",
    "severity",
    "hit",
    "status",
    "region",
    "province",
    "city",
    "county",
    "month",
    "band",
    "evidence",
)

INTEGERS = (
    "id",
    "price",
    "struck",
    "sales",
    "stock",
    "first_seen",
    "last_seen",
    "updated",
    "price_rising",
    "price_falling",
    "sales_falling",
)
"""Signed 64-bit; times are microseconds since 1970 UTC, money is 分 and only of prices in CNY: others have none.

``price_rising`` and its like always have a value, so that listings without one come last.
"""

FACETS = {
    "platform": "platform",
    "shop": "shop_id",
    "category": "category",
    "rule": "rule",
    "status": "status",
    "region": "region",
    "month": "month",
    "band": "band",
    "severity": "severity",
    "hit": "hit",
    "evidence": "evidence",
    "brand": "brand",
    "currency": "currency",
    "host": "host",
    "province": "province",
    "city": "city",
    "county": "county",
}
"""Facet name to keyword field."""

EIGHT_FACETS = ("platform", "shop", "category", "rule", "status", "region", "month", "band")
"""The facets of the listing search."""

LOWEST = -(2**63)
HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An exact order: one integer field, then the id, rising."""

    field: str
    descending: bool


SORTS = {
    "price_asc": SortOrder("price_rising", descending=False),
    "price_desc": SortOrder("price_falling", descending=True),
    "sales_desc": SortOrder("sales_falling", descending=True),
    "updated_desc": SortOrder("updated", descending=True),
    "updated_asc": SortOrder("updated", descending=False),
    "first_seen_desc": SortOrder("first_seen", descending=True),
    "first_seen_asc": SortOrder("first_seen", descending=False),
    "id_asc": SortOrder("id", descending=False),
}
RELEVANCE = "relevance"


def words_field(text: str) -> str:
    """Name of the field that holds the words of a text."""
    return f"{text}_words"


def characters_field(text: str) -> str:
    """Name of the field that holds the characters of a text."""
    return f"{text}_characters"


def all_fields() -> dict[str, FieldKind]:
    """Every field of the index with its kind."""
    kinds: dict[str, FieldKind] = {}
    for text in TEXTS:
        kinds[words_field(text)] = "words"
        kinds[characters_field(text)] = "characters"
    kinds[NAMES_WORDS] = "words"
    kinds.update(dict.fromkeys(KEYWORDS, "keyword"))
    kinds.update(dict.fromkeys(INTEGERS, "integer"))
    return kinds
