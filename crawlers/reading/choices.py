"""Choices on a detail page: SKUs with their prices, and boxes that add something to the order."""

import re
from collections.abc import Iterator

from crawlers.reading.blocks import in_card
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import clean, price_value
from crawlers.reading.locator import at_text
from crawlers.reading.marks import Sign
from crawlers.reading.mention import Mention, mentions_of
from crawlers.reading.pairs import pairs_of, pieces_of
from crawlers.reading.price import to_fen
from crawlers.reading.survey import survey_of
from kernel.facts import Fact, FactValue

MAX_CHOICES = 60
MAX_INPUTS = 400
_AREA = Sign(r"sku|variant|swatch|guige|(?:^|[\s_-])spec(?:$|[\s_-])|choose|xuanze", re.IGNORECASE)
_AREA_NAME = re.compile(r"sku|variant|spec|guige|attribute|option|size|colou?r", re.IGNORECASE)
_CHOICE_TAGS = frozenset(["button", "label", "li", "tr", "option", "span", "div", "a", "dd"])
_TAIL = re.compile(r"[\s\-–—:：（(\[【+＋]+$")
_HEAD = re.compile(r"^规格\s?\d{0,2}\s?[:：]\s*")
_BOX_AMOUNT = re.compile(
    r"[（(\[]?\s*[+＋]?\s*(?:[¥￥$€£]\s*(?P<a>\d[\d,]{0,8}(?:\.\d{1,2})?)|(?P<b>\d[\d,]{0,8}(?:\.\d{1,2})?)\s*元)\s*元?\s*[)）\]]?"
)


def _alike(document: Document, elements: list[Element]) -> list[Element]:
    """The pieces that are choices: all of one tag, looked for one or two levels down when there is but one piece."""
    for _ in range(4):
        if len(elements) != 1:
            break
        inner = [document.elements[child] for child in document.children[elements[0].index]]
        inner = [element for element in inner if document.text_of(element)]
        if not inner or elements[0].tag in {"button", "label", "option", "tr"}:
            break
        elements = inner
    tags = {element.tag for element in elements} - {"br"}
    if len(tags) != 1 or not tags <= _CHOICE_TAGS:
        return []
    return [element for element in elements if element.end - element.start <= 80]


def _areas(document: Document) -> Iterator[list[Element]]:
    """Groups of elements that may be choices, the best sign first."""
    for element in survey_of(document).inputs:
        if element.tag == "select" and _AREA_NAME.search(f"{element.mark} {element.get('name')}"):
            inside = document.inside(element)
            yield [
                option
                for option in inside
                if option.tag == "option" and (option.get("value") or "value" not in option.attrs)
            ]
    for pair in pairs_of(document):
        if pair.field == "sku" and pair.holder is not None and not in_card(document, pair.after):
            yield _alike(document, pieces_of(document, pair))
    for area, mark in survey_of(document).marked:
        if area.tag in {"ul", "dd", "div", "dl", "fieldset"} and _AREA[mark]:
            children = [document.elements[child] for child in document.children[area.index]]
            tagged = [
                c for c in children if document.text_of(c) and c.tag not in {"legend", "p", "h3", "h4", "dt", "strong"}
            ]
            yield _alike(document, tagged)


def _name_range(document: Document, start: int, end: int, mentions: list[Mention]) -> tuple[int, int]:
    """Range of a choice's name: its text up to its price."""
    inside = [mention for mention in mentions if start <= mention.start < end]
    stop = min((mention.start for mention in inside), default=end)
    text = document.text[start:stop]
    head = _HEAD.match(text)
    start += head.end() if head else 0
    text = document.text[start:stop]
    return start, start + len(_TAIL.sub("", text))


def _choice_facts(document: Document, start: int, end: int, mentions: list[Mention]) -> Iterator[Fact]:
    """A SKU fact, and its price where it has one."""
    low, high = _name_range(document, start, end, mentions)
    raw = document.text[low:high]
    name = clean(raw)[:120]
    if not name:
        return
    yield Fact("sku", name, raw, at_text(low, high), "heuristic", 80)
    for mention in mentions:
        if start <= mention.start < end and mention.kind not in {"struck", "noise"}:
            value = price_value("shown", mention.amount, sku=name)
            yield Fact(
                "price",
                value,
                document.text[mention.start : mention.end],
                at_text(mention.start, mention.end),
                "heuristic",
                80,
            )
            return


def skus(document: Document) -> list[Fact]:
    """SKUs with their prices, from the best group of choices on the page; made once."""
    known = document.memo.get("skus")
    if not isinstance(known, list):
        known = document.memo["skus"] = _find_skus(document)
    return known


def _find_skus(document: Document) -> list[Fact]:
    mentions = mentions_of(document)
    numbered = [
        pair
        for pair in pairs_of(document)
        if pair.field == "sku" and pair.holder is None and not in_card(document, pair.after)
    ]
    lines = [
        pair for pair in numbered if re.search(r"\d\s*[:：]\s*$", document.text[max(0, pair.start - 4) : pair.start])
    ]
    if lines:
        return [fact for pair in lines for fact in _choice_facts(document, pair.start, pair.end, mentions)]
    for choices in _areas(document):
        if 1 <= len(choices) <= MAX_CHOICES and not in_card(document, choices[0].index):
            facts: list[Fact] = []
            for choice in choices:
                facts.extend(_choice_facts(document, *document.span_of(choice), mentions))
            if facts:
                return facts
    return []


def _box_text(document: Document, box: Element, labels: dict[str, Element]) -> tuple[int, int] | None:
    """Range of the words that belong to a box."""
    label = labels.get(box.get("id"))
    if label is None:
        label = next(
            (e for e in list(document.ancestors(box.index))[1:4] if e.tag in {"label", "li", "td", "p", "dd", "div"}),
            None,
        )
    if label is None or not 0 < label.end - label.start <= 120:
        return None
    start, end = document.span_of(label)
    return (max(start, box.end), end) if label.index < box.index else (start, end)


def _signs_in(document: Document, box: Element) -> bool:
    """Whether a box stands in a form that asks for a password: "remember me" is no part of an order."""
    form = next((element for element in document.ancestors(box.index) if element.tag == "form"), None)
    return form is not None and any(
        form.index < other.index < form.stop and other.get("type").lower() == "password"
        for other in survey_of(document).inputs[:MAX_INPUTS]
    )


def options(document: Document) -> Iterator[Fact]:
    """Boxes that add something to the order, with whether they are ticked already."""
    labels = {e.get("for"): e for e in document.elements if e.tag == "label" and e.get("for")}
    for box in survey_of(document).inputs[:MAX_INPUTS]:
        if box.tag != "input" or box.get("type").lower() != "checkbox":
            continue
        span = _box_text(document, box, labels)
        if span is None or in_card(document, box.index) or _signs_in(document, box):
            continue
        raw = document.text[span[0] : span[1]].strip()
        start = document.text.find(raw, span[0])
        amount = _BOX_AMOUNT.search(raw)
        fen = to_fen(amount["a"] or amount["b"]) if amount else None
        label = clean(_TAIL.sub("", raw[: amount.start()])) if amount and amount.end() >= len(raw) else clean(raw)
        if label:
            value: FactValue = {"label": label, "checked": "checked" in box.attrs, "fen": fen}
            yield Fact("option", value, raw, at_text(start, start + len(raw)), "heuristic", 85)
