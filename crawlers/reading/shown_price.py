"""Which of a page's amounts is the price of the thing the page is about.

No rule of position holds everywhere: the nearest block that holds the title and an amount, the
names the author gave, the button that buys, repetition, and agreement with metadata are weighed
together, and when two amounts stand equally well the answer says that it is unsure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from crawlers.reading.blocks import in_card
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import fen_of, price_value
from crawlers.reading.locator import at_text
from crawlers.reading.marks import Sign
from crawlers.reading.mention import Mention, mentions_of
from crawlers.reading.price import FREE, NEGOTIABLE, Amount
from crawlers.reading.survey import Survey, survey_of
from kernel.facts import Fact

UNSURE = 40
SMALL_PAGE = 150
"""Distances are taken against the page; on a page with fewer elements than this, against this."""
MAX_CARD_TEXT = 320
"""A block with more text than this is not one good's card on another page's list."""
_PROMINENT = frozenset({"h1", "h2", "h3", "h4", "strong", "b", "big"})
_SKU_MARK = Sign(r"sku|variant|option|swatch|spec|guige|attr|table|tier|bulk|wholesale|qty")
_KINDS = ("shown", "range", "unit")


@dataclass(slots=True)
class Weighed:
    """A mention and how well it stands as the page's price."""

    mention: Mention
    score: int
    distance: int


def _part_of_page(survey: Survey, mention: Mention, title: Element | None) -> bool:
    """Whether it stands in a header, a footer or a side bar that does not hold the title."""
    index = mention.element.index
    return any(
        part.index <= index < part.stop and not (title is not None and part.index <= title.index < part.stop)
        for part in survey.parts[:100]
    )


def _foreign(document: Document, survey: Survey, mention: Mention, common: Element) -> bool:
    """Whether it belongs to another page's subject: a link around it, or a card it stands in."""
    for element in document.ancestors(mention.element.index):
        if element.index == common.index or element.end - element.start > MAX_CARD_TEXT:
            return False
        if _sells(survey, element):
            return False
        if element.tag == "a" and any(anchor.elsewhere for anchor in survey.anchors_in(element)[:1]):
            return True
        if survey.cards_in(element):
            return True
    return False


def _beside_box(document: Document, survey: Survey, mention: Mention, title: Element | None) -> bool:
    """Whether it is the price of something added by a box to tick."""
    for box in survey.inputs[:20]:
        if box.tag == "input" and box.get("type").lower() == "checkbox":
            around = document.common(mention.element.index, box.index)
            if around.end - around.start <= 80 and not (title and around.index <= title.index < around.stop):
                return True
    return False


def _stands_alone(document: Document, mention: Mention) -> bool:
    """Whether an amount has its line nearly to itself."""
    text = document.text
    end = text.find("\n", mention.end)
    line = (end if end >= 0 else len(text)) - text.rfind("\n", 0, mention.start) - 1
    return line <= (mention.end - mention.start) * 2 + 12


def _sells(survey: Survey, element: Element) -> bool:
    """Whether a block holds what buys: then it is about the page's own subject."""
    anchors = [*survey.cart_forms[:6], *survey.buttons[:6]]
    return any(element.index < anchor.index < element.stop for anchor in anchors)


def _closeness(document: Document, mention: Mention, anchors: list[Element]) -> int:
    """How near a mention stands to the nearest of some elements: 0 (the whole page apart) to 30."""
    index = mention.element.index
    sizes = [(common := document.common(index, anchor.index)).stop - common.index for anchor in anchors]
    return 30 - min(30, 40 * min(sizes) // max(len(document.elements), SMALL_PAGE)) if sizes else 0


def _in_prose(document: Document, mention: Mention) -> bool:
    """Whether it stands within a sentence."""
    text = document.text
    start = text.rfind("\n", 0, mention.start) + 1
    end = text.find("\n", mention.end)
    line = (end if end >= 0 else len(text)) - start
    return line > 60 and (mention.end - mention.start) * 5 < line


def _score(document: Document, survey: Survey, mention: Mention, title: Element | None, agreed: set[int]) -> Weighed:
    """Weigh one mention."""
    if title is not None:
        common = document.common(mention.element.index, title.index)
        distance = common.stop - common.index
    else:
        common = document.elements[0]
        distance = common.stop
    score = _closeness(document, mention, [title]) if title is not None else 0
    score += _closeness(document, mention, _buyers(document, survey)) * 2 // 3
    score += 22 if mention.marked else 0
    score += 14 if mention.labelled else 0
    score += 30 if mention.amount.fen in agreed else 0
    score += 8 if any(e.tag in _PROMINENT for e in _near(document, mention)) else 0
    if any(form.index <= mention.element.index < form.stop for form in survey.cart_forms):
        score += 12
    if mention.amount.fen == 0:
        score -= 25
    if in_card(document, mention.element.index) or _foreign(document, survey, mention, common):
        score -= 70
    if _part_of_page(survey, mention, title):
        score -= 45
    if _in_prose(document, mention):
        score -= 35
    if _beside_box(document, survey, mention, title):
        score -= 30
    if title is not None and mention.end <= title.start:
        score -= 12
    return Weighed(mention, score, distance)


def _buyers(document: Document, survey: Survey) -> list[Element]:
    """What buys the page's own subject: outside of cards."""
    known = document.memo.get("buyers")
    if isinstance(known, list):
        return known
    anchors = [*survey.cart_forms[:8], *survey.buttons[:8]]
    own = [anchor for anchor in anchors if not in_card(document, anchor.index)][:4]
    document.memo["buyers"] = own
    return own


def _near(document: Document, mention: Mention) -> Iterator[Element]:
    """The elements closest around a mention that hold little else."""
    for step, element in enumerate(document.ancestors(mention.element.index)):
        if step > 3 or element.end - element.start > 40:
            return
        yield element


def weigh(document: Document, title: Element | None, structured: list[Fact]) -> list[Weighed]:
    """All mentions that could be the page's price, best first.

    Args:
        document: the page.
        title: the element that names the thing, if known.
        structured: facts from metadata, whose amounts count as a second witness.
    """
    survey = survey_of(document)
    agreed = {fen for fact in structured if fact.field == "price" and (fen := fen_of(fact)) is not None}
    weighed = [
        _score(document, survey, mention, title, agreed)
        for mention in mentions_of(document)[:400]
        if mention.kind != "noise"
    ]
    weighed.sort(key=lambda entry: (-entry.score, entry.distance, entry.mention.start))
    return weighed


def _is_choice(document: Document, mention: Mention) -> bool:
    """Whether it is the price of one of several choices: an option, a label, a row of a table of variants."""
    if mention.in_option:
        return True
    for step, element in enumerate(document.ancestors(mention.element.index)):
        if step > 6 or element.end - element.start > 300:
            return False
        if element.tag in {"tr", "option", "label", "li"} or _SKU_MARK[element.mark]:
            return True
    return False


def _confidence(document: Document, best: Weighed, weighed: list[Weighed], agreed: set[int]) -> int:
    """How sure the best one is, looking at what stands against it."""
    if best.mention.amount.fen in agreed:
        return 97
    settled = best.mention.labelled and best.score >= 15
    rivals = [
        entry
        for entry in weighed
        if entry.score >= best.score - (4 if settled and not entry.mention.labelled else 14)
        and entry.mention.kind in _KINDS
        and entry.mention.amount.fen != best.mention.amount.fen
    ]
    if rivals and any(
        not _is_choice(document, entry.mention) or _is_choice(document, best.mention) for entry in rivals
    ):
        return UNSURE
    alone = _stands_alone(document, best.mention) and not any(
        entry.score > 0 and entry.mention.kind in _KINDS for entry in weighed if entry is not best
    )
    if best.score >= 45:
        return 90
    if best.score >= 28 or ((best.mention.labelled or alone) and best.score >= 15):
        return 75
    return 55 if best.score >= 18 and best.mention.marked else UNSURE


def fact_of(mention: Mention, document: Document, confidence: int, *, kind: str = "", sku: str | None = None) -> Fact:
    """A price fact from a mention."""
    return Fact(
        field="price",
        value=price_value(kind or mention.kind, mention.amount, sku=sku),
        raw=document.text[mention.start : mention.end],
        locator=at_text(mention.start, mention.end),
        method="heuristic",
        confidence=confidence,
    )


def _siblings(document: Document, best: Weighed, weighed: list[Weighed]) -> Iterator[Fact]:
    """Struck, coupon and member prices that stand by the price: in the nearest block around it with the title."""
    seen: set[tuple[str, int]] = set()
    for entry in weighed:
        kind, fen = entry.mention.kind, entry.mention.amount.fen
        if kind not in {"struck", "coupon", "member", "unit"} or (kind, fen) in seen or entry is best:
            continue
        if entry.score > -10 and entry.distance <= best.distance * 1.5 + 6:
            seen.add((kind, fen))
            yield fact_of(entry.mention, document, 85)


def _not_given(document: Document, title: Element | None) -> Fact | None:
    """面议 and its like, where it stands by the title and outside of prose."""
    for match in NEGOTIABLE.finditer(document.text):
        mention = Mention(Amount(0, "CNY", 0, 0), match.start(), match.end(), document.element_at(match.start()))
        if in_card(document, mention.element.index) or _in_prose(document, mention):
            continue
        raw = match.group(0)
        return Fact(
            "price",
            price_value("shown", None),
            raw,
            at_text(match.start(), match.end()),
            "heuristic",
            80 if title else UNSURE,
        )
    return None


def _free(document: Document) -> Fact | None:
    """The word "free" as the whole text of an element named a price."""
    for element in survey_of(document).priced:
        start, end = document.span_of(element)
        if end - start <= 12 and FREE.match(document.text[start:end]) and not in_card(document, element.index):
            amount = Amount(0, "CNY", 0, 0)
            return Fact(
                "price", price_value("shown", amount), document.text[start:end], at_text(start, end), "heuristic", 60
            )
    return None


def find_prices(document: Document, title: Element | None, structured: list[Fact]) -> list[Fact]:
    """Prices of the page's subject: the shown one first, then those that stand by it."""
    weighed = weigh(document, title, structured)
    current = [entry for entry in weighed if entry.mention.kind in _KINDS]
    best = current[0] if current else None
    facts: list[Fact] = []
    if best is None or best.score < 5:
        not_given = _not_given(document, title) or _free(document)
        if not_given is not None:
            return [not_given]
        special = [entry for entry in weighed if entry.mention.kind in {"coupon", "member"} and entry.score >= 20]
        facts = [fact_of(entry.mention, document, 80) for entry in special[:1]]
        if best is not None and best.score > -20 and not facts:
            facts.append(fact_of(best.mention, document, UNSURE))
        return facts
    agreed = {fen for fact in structured if fact.field == "price" and (fen := fen_of(fact)) is not None}
    facts.append(fact_of(best.mention, document, _confidence(document, best, weighed, agreed)))
    facts.extend(_siblings(document, best, weighed))
    return facts
