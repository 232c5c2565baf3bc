"""Making facts: the one place that knows their limits and the form of their values."""

import re

from crawlers.reading.document import Document, Element
from crawlers.reading.locator import at_element, at_text
from crawlers.reading.price import Amount
from kernel.facts import Fact, FactValue, Method

MAX_RAW = 4_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LIMITS = {"title": 500, "brand": 100, "category": 200, "description": 4_000, "notice": 4_000, "sku": 120}


def clean(text: str) -> str:
    """Text in one line: white space collapsed, control characters gone."""
    return " ".join(_CONTROL.sub(" ", text).split())


def text_fact(field: str, raw: str, locator: str, method: Method, confidence: int = 100) -> Fact:
    """A fact whose value is text, cleaned and bounded."""
    value = clean(raw)[: _LIMITS.get(field, 1_000)]
    return Fact(field=field, value=value, raw=raw[:MAX_RAW], locator=locator, method=method, confidence=confidence)


def element_fact(
    document: Document, field: str, element: Element, method: Method = "heuristic", confidence: int = 100
) -> Fact:
    """A fact that is the visible text of an element."""
    return text_fact(field, document.text_of(element), at_element(document, element), method, confidence)


def range_fact(
    document: Document, field: str, start: int, end: int, *, value: FactValue | None = None, confidence: int = 100
) -> Fact:
    """A fact that is a range of the visible text; its value is the text unless another is given."""
    raw = document.text[start:end]
    start, end = start + len(raw) - len(raw.lstrip()), start + len(raw.rstrip())
    raw = document.text[start:end]
    return Fact(
        field=field,
        value=clean(raw)[: _LIMITS.get(field, 1_000)] if value is None else value,
        raw=raw[:MAX_RAW],
        locator=at_text(start, min(end, start + MAX_RAW)),
        method="heuristic",
        confidence=confidence,
    )


def price_value(kind: str, amount: Amount | None, *, currency: str = "CNY", sku: str | None = None) -> FactValue:
    """Value of a price fact; ``amount`` None means that none is given (面议)."""
    return {
        "kind": kind,
        "fen": amount.fen if amount else None,
        "fen_max": amount.fen_max if amount else None,
        "currency": amount.currency if amount else currency,
        "unit": (amount.unit or None) if amount else None,
        "sku": sku,
    }


def fen_of(fact: Fact) -> int | None:
    """Amount of a price fact in 分; None where there is none."""
    if isinstance(fact.value, (str, int)):
        return None
    fen = fact.value.get("fen")
    return fen if isinstance(fen, int) else None


def kind_of(fact: Fact) -> str:
    """Kind of a price fact; empty for another fact."""
    if isinstance(fact.value, (str, int)):
        return ""
    return str(fact.value.get("kind") or "")
