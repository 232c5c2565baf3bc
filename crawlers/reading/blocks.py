"""Repeated blocks: the cards of a list page, found by their repetition and not by their names."""

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from crawlers.reading.document import Document, Element
from crawlers.reading.marks import Answers
from crawlers.reading.mention import Mention, mentions_of
from crawlers.reading.survey import Anchor, Survey, survey_of
from crawlers.reading.urls import same_page

MIN_ITEMS = 2
FEW = 4
MAX_TIMES = 6
"""An address linked more often than this on one page belongs to its frame."""
MAX_CARD_TEXT = 500
"""A block with more text than this is a part of the page, not a card."""
_ROLLING = re.compile(r"\b(?:first|last|odd|even|active|selected|current|hover|on|cur|clearfix)\b|[-_]?\d+|\W+")
_BLOCK_TAGS = frozenset(
    ["li", "div", "article", "section", "tr", "dl", "td", "a", "span", "figure", "dd", "product-card", "product-item"]
)
_MAX_LINKS = 8
_MAX_MENTIONS = 8


@dataclass(slots=True)
class Card:
    """One block of a repeated group: what it links to and the amounts in it."""

    element: Element
    anchor: Anchor
    anchors: list[Anchor]
    mentions: list[Mention]


_LASTING = Answers(lambda mark: _ROLLING.sub(" ", mark))


_Form = tuple[str, str, str, str]
"""Tag and names of an element's parent and of itself, without what differs from one of a row to the next."""


def _main_anchor(survey: Survey, anchors: list[Anchor]) -> Anchor | None:
    """The link a card stands for: the address linked most often, or the one with the longest text."""
    weights: dict[str, int] = defaultdict(int)
    for anchor in anchors:
        if anchor.elsewhere and survey.times.get(anchor.url, 0) <= MAX_TIMES:
            covers = survey.cards_in(anchor.element)
            weights[anchor.url] += min(anchor.element.end - anchor.element.start, 60) + 20 + 40 * covers
    if not weights:
        return None
    best = max(weights, key=lambda url: weights[url])
    of_best = [anchor for anchor in anchors if anchor.url == best]
    return max(of_best, key=lambda anchor: min(anchor.element.end - anchor.element.start, 200))


def _group(document: Document, survey: Survey) -> dict[_Form, list[Element]]:
    """Elements by their own and their parent's form, among those that hold a link."""
    groups: dict[_Form, list[Element]] = defaultdict(list)
    seen: set[int] = set()
    elements = document.elements
    for anchor in survey.anchors:
        if not anchor.elsewhere or anchor.element.hidden:
            continue
        index = anchor.element.index
        while index >= 0 and index not in seen:
            seen.add(index)
            element = elements[index]
            index = element.parent
            if index >= 0 and element.tag in _BLOCK_TAGS:
                parent = elements[index]
                groups[parent.tag, _LASTING[parent.mark], element.tag, _LASTING[element.mark]].append(element)
    for members in groups.values():
        members.sort(key=lambda element: element.index)
    return groups


def _cards(document: Document, survey: Survey, members: list[Element]) -> list[Card]:
    """Cards among the members of a group: each with a link of its own and few enough of everything."""
    mentions = mentions_of(document)
    starts = [mention.start for mention in mentions] if "starts" not in document.memo else document.memo["starts"]
    document.memo["starts"] = starts
    heads = [heading for heading in survey.headings if heading.tag == "h1"][:8]
    heads = heads if len(heads) < 3 else []
    cards = []
    for element in members:
        if element.end - element.start > MAX_CARD_TEXT:
            continue
        anchors = survey.anchors_in(element)
        low, high = bisect_left(starts, element.start), bisect_left(starts, element.end)
        if len(anchors) > _MAX_LINKS * 3 or high - low > _MAX_MENTIONS:
            continue
        anchor = _main_anchor(survey, anchors)
        if any(element.index < heading.index < element.stop for heading in heads):
            continue
        if anchor is not None and len({link.url for link in anchors if link.elsewhere}) <= _MAX_LINKS:
            cards.append(Card(element, anchor, anchors, mentions[low:high]))
    return cards


def _any_mention(document: Document, members: list[Element]) -> bool:
    """Whether an amount stands anywhere from the first to the last of some elements."""
    mentions = mentions_of(document)
    at = bisect_left(mentions, members[0].start, key=lambda mention: mention.start)
    return at < len(mentions) and mentions[at].start < members[-1].end


def _alike(survey: Survey, cards: list[Card]) -> bool:
    """Whether few blocks are still cards: side by side, each about one thing."""
    if len({card.element.parent for card in cards}) > 1:
        return False
    for card in cards:
        subjects = {a.url for a in card.anchors if a.elsewhere and survey.cards_in(a.element)}
        if len(subjects) > 1 or len({a.url for a in card.anchors if a.elsewhere}) > 3:
            return False
    return True


def _worth(cards: list[Card], members: int) -> float:
    """How much a group looks like goods for sale; 0 when it does not."""
    if len(cards) < MIN_ITEMS or len(cards) < members * 0.6:
        return 0
    urls = {card.anchor.url for card in cards}
    priced = sum(1 for card in cards if any(mention.kind != "noise" for mention in card.mentions))
    if len(urls) < len(cards) * 0.6 or priced < len(cards) * 0.5:
        return 0
    main_prices = sum(min(len(card.mentions), 4) for card in cards)
    # More distinct goods beat larger blocks: a row of three cards counts once, its cards three times.
    return len(urls) * 10 + priced * 5 - main_prices


def groups_of(document: Document) -> list[list[Card]]:
    """Groups of cards with a link and a price, the most convincing first, none inside another; made once."""
    known = document.memo.get("groups")
    if isinstance(known, list):
        return known
    survey = survey_of(document)
    rated: list[tuple[float, int, list[Card]]] = []
    if mentions_of(document):
        for members in _group(document, survey).values():
            if len(members) < MIN_ITEMS or not _any_mention(document, members):
                continue
            cards = _cards(document, survey, members)
            if len(cards) < FEW and not _alike(survey, cards):
                continue
            worth = _worth(cards, len(members))
            if worth > 0:
                size = sum(card.element.stop - card.element.index for card in cards)
                rated.append((worth, size, cards))
    rated.sort(key=lambda entry: (-entry[0], -entry[1]))
    chosen: list[list[Card]] = []
    ranges: list[tuple[int, int]] = []
    for _, _, cards in rated[:60]:
        if not _overlaps(cards, ranges):
            chosen.append(cards)
            ranges.extend((card.element.index, card.element.stop) for card in cards)
            ranges.sort()
    document.memo["groups"] = chosen
    return chosen


def _overlaps(cards: list[Card], ranges: list[tuple[int, int]]) -> bool:
    """Whether any card holds, or stands in, a block already chosen."""
    for card in cards:
        at = bisect_left(ranges, (card.element.stop, 0))
        if at and ranges[at - 1][1] > card.element.index:
            return True
    return False


def card_ranges(document: Document) -> list[tuple[int, int]]:
    """Element ranges of all cards that lead to other pages, sorted."""
    known = document.memo.get("card-ranges")
    if isinstance(known, list):
        return known
    ranges = sorted(
        (card.element.index, card.element.stop)
        for group in groups_of(document)
        for card in group
        if not same_page(card.anchor.url, document.url)
    )
    document.memo["card-ranges"] = ranges
    return ranges


def in_card(document: Document, index: int) -> bool:
    """Whether an element stands in a card that leads to another page."""
    ranges = card_ranges(document)
    at = bisect_left(ranges, (index + 1, 0))
    return bool(at) and ranges[at - 1][1] > index
