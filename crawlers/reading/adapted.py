"""Read a page as its platform's description says, and by the generic machinery where it says nothing."""

import re
from collections.abc import Iterator

from crawlers.reading.details import path_names
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import element_fact, kind_of, price_value
from crawlers.reading.locator import at_element, at_text
from crawlers.reading.mention import Mention, mentions_of
from crawlers.reading.page import card_price_facts, read_page
from crawlers.reading.page_kind import path_of
from crawlers.reading.platform import Platform
from crawlers.reading.price import NEGOTIABLE, find_amounts, parse_bare
from crawlers.reading.urls import absolute
from kernel.facts import Fact, FactValue, ListingFacts, PageFacts, PageKind

SURE = 95


def kind_by_pages(platform: Platform, url: str) -> PageKind | None:
    """Kind of a page by the platform's address patterns; None when none fits."""
    path, query = path_of(url)
    target = f"{path}?{query}" if query else path
    for kind, patterns in platform.pages.items():
        if any(re.search(pattern, target) for pattern in patterns):
            return kind
    return None


def _found(document: Document, selectors: tuple[str, ...]) -> list[Element]:
    """Elements of the first selector that finds something with text or a source."""
    for selector in selectors:
        found = [e for e in document.css(selector) if not e.hidden and (document.text_of(e) or e.get("src"))]
        if found:
            return found
    return []


def _field_facts(document: Document, field: str, elements: list[Element]) -> Iterator[Fact]:
    for element in elements:
        if field == "image":
            raw = element.get("src")
            yield Fact(field, absolute(document, raw), raw, at_element(document, element, "src"), "adapter", SURE)
        elif field == "category":
            raw = document.text_of(element)
            value = " > ".join(filter(None, path_names(raw)))[:200]
            yield Fact(field, value, raw[:4000], at_element(document, element), "adapter", SURE)
        else:
            yield element_fact(document, field, element, "adapter", SURE)


def _price_at(document: Document, kind: str, element: Element) -> Fact | None:
    """Price in an element; None when its text is none."""
    start, end = document.span_of(element)
    text = document.text[start:end]
    value: FactValue | None = None
    for mention in mentions_of(document):
        if start <= mention.start < end:
            value = price_value(kind, mention.amount)
            return Fact(
                "price",
                value,
                document.text[mention.start : mention.end],
                at_text(mention.start, mention.end),
                "adapter",
                SURE,
            )
    amounts = find_amounts(text)
    bare = amounts[0] if amounts else parse_bare(text)
    if bare is not None:
        value = price_value(kind, bare)
    elif NEGOTIABLE.search(text):
        value = price_value(kind, None)
    return Fact("price", value, text, at_text(start, end), "adapter", SURE) if value is not None else None


def _prices(document: Document, platform: Platform) -> list[Fact]:
    facts: list[Fact] = []
    for kind, selectors in platform.selectors.prices.items():
        for element in _found(document, selectors):
            fact = _price_at(document, kind, element)
            if fact is not None:
                facts.append(_as_range(fact))
    return facts


def _as_range(fact: Fact) -> Fact:
    """A shown price with two ends is a range."""
    if isinstance(fact.value, (str, int)) or fact.value["kind"] != "shown" or fact.value["fen_max"] is None:
        return fact
    return Fact(fact.field, {**fact.value, "kind": "range"}, fact.raw, fact.locator, fact.method, fact.confidence)


def _with_selectors(document: Document, listing: ListingFacts, platform: Platform) -> ListingFacts:
    """A detail page's listing with the values its platform's selectors find in place of the guessed ones."""
    told: dict[str, list[Fact]] = {}
    for field, selectors in platform.selectors.fields.items():
        facts = list(_field_facts(document, field, _found(document, selectors)))
        if facts:
            told[field] = facts
    prices = _prices(document, platform)
    settled = {kind_of(fact) for fact in prices}
    settled |= {"shown", "range"} if settled & {"shown", "range"} else set()
    kept = [
        fact
        for fact in listing.facts
        if fact.field not in told and not (fact.field == "price" and _is_guess(fact) and kind_of(fact) in settled)
    ]
    return ListingFacts(listing.url, (*told.pop("title", ()), *prices, *kept, *(f for fs in told.values() for f in fs)))


def _is_guess(fact: Fact) -> bool:
    """Whether a price is read off the page for the whole good; SKU and metadata prices are kept."""
    return fact.method == "heuristic" and not isinstance(fact.value, (str, int)) and fact.value.get("sku") is None


def _cards(document: Document, platform: Platform) -> Iterator[ListingFacts]:
    """Listings on the platform's cards, each address once."""
    cards = platform.selectors.cards
    mentions = mentions_of(document)
    seen: set[str] = set()
    for element in _found(document, cards.card):
        inside = [document.elements[i] for i in range(element.index, element.stop)]
        url = next((u for e in inside if e.tag == "a" and (u := absolute(document, e.get("href")))), "")
        title = _inside(document, element, cards.title)
        if not url or url in seen or title is None:
            continue
        seen.add(url)
        price = _inside(document, element, cards.price)
        yield ListingFacts(
            url,
            (
                element_fact(document, "title", title, "adapter", SURE),
                *_card_price(document, price or element, mentions, given=price is not None),
            ),
            is_stub=True,
        )


def _inside(document: Document, card: Element, selectors: tuple[str, ...]) -> Element | None:
    """First element inside a card that a selector finds."""
    for selector in selectors:
        known = document.memo.setdefault(("css", selector), None)
        if known is None:
            known = document.css(selector)
            document.memo["css", selector] = known
        for element in known:
            if card.index <= element.index < card.stop and document.text_of(element):
                return element
    return None


def _card_price(document: Document, element: Element, mentions: list[Mention], *, given: bool) -> list[Fact]:
    inside = [mention for mention in mentions if element.start <= mention.start < element.end]
    facts = card_price_facts(document, inside)
    if facts or not given:
        return facts
    fact = _price_at(document, "shown", element)
    return [fact] if fact else []


def read_adapted(document: Document, platform: Platform) -> PageFacts:
    """Read a page of a platform. Pure; never raises on any page.

    Args:
        document: the page.
        platform: the platform's description.
    """
    kind = kind_by_pages(platform, document.url)
    page = read_page(document, kind)
    listings = [_with_selectors(document, one, platform) if not one.is_stub else one for one in page.listings]
    if page.kind in {"list", "home"} and platform.selectors.cards.card:
        cards = list(_cards(document, platform))
        urls = {card.url for card in cards}
        listings = cards + ([one for one in listings if one.url not in urls] if not cards else [])
    return PageFacts(
        kind=page.kind,
        listings=tuple(listings),
        shop=page.shop,
        links=page.links,
        text=page.text,
        needs_browser=page.needs_browser,
        notes=page.notes,
    )
