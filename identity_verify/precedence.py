"""Which source has the word on which field (一数一源), read from ``precedence.yml``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from identity_verify.errors import FieldUnknownError
from identity_verify.normal_name import normal_name, normal_text

TABLE = Path(__file__).with_name("precedence.yml")
SOURCES = ("registry", "platform-report", "shop-page", "merchant", "officer", "credit")
_ADDRESS_FILLERS = re.compile(r"(中国|中华人民共和国|省|市|自治区|区|县|号|室|层|楼|幢|栋|弄|-)")


def _as_set(value: object) -> object:
    items = value if isinstance(value, list) else [value]
    return frozenset("|".join(map(str, item)) if isinstance(item, list) else str(item) for item in items)


def _as_address(value: object) -> object:
    return _ADDRESS_FILLERS.sub("", normal_text(str(value)))


COMPARE: dict[str, Callable[[object], object]] = {
    "exact": lambda value: value,
    "text": lambda value: normal_text(str(value)),
    "name": lambda value: normal_name(str(value)),
    "address": _as_address,
    "set": _as_set,
}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Who may speak on a field, highest first, and how values are held against one another."""

    sources: tuple[str, ...]
    compare: Callable[[object], object]

    def agree(self, left: object, right: object) -> bool:
        """True when two values say the same, apart from how they are written."""
        return self.compare(left) == self.compare(right)


@cache
def table() -> dict[str, FieldRule]:
    """The whole table, by field."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {field: FieldRule(tuple(row["sources"]), COMPARE[row["compare"]]) for field, row in rows.items()}


def rule_of(field: str) -> FieldRule:
    """The rule of a field.

    Raises:
        FieldUnknownError: the table has no such field.
    """
    try:
        return table()[field]
    except KeyError:
        raise FieldUnknownError(
            f"expected a field of the table of precedence, got {field!r}", hint="Add it to precedence.yml first."
        ) from None


def rank(field: str, source: str) -> int:
    """Place of a source on a field, 0 first.

    Raises:
        FieldUnknownError: the field is unknown, or this source has no word on it.
    """
    sources = rule_of(field).sources
    if source not in sources:
        raise FieldUnknownError(
            f"expected one of {', '.join(sources)} for {field}, got {source!r}",
            hint="This source has no word on this field; see precedence.yml.",
        )
    return sources.index(source)
