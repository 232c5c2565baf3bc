"""One page read whole by the generic machinery: kind, listing, cards, shop, links."""

from collections.abc import Iterator

from crawlers.reading import choices, details, structured
from crawlers.reading.blocks import Card, groups_of
from crawlers.reading.document import Document
from crawlers.reading.facts import element_fact, fen_of, kind_of, text_fact
from crawlers.reading.licence import shop_facts
from crawlers.reading.links import links_of
from crawlers.reading.locator import at_element
from crawlers.reading.mention import Mention
from crawlers.reading.page_kind import KindGuess, judge_kind
from crawlers.reading.shown_price import fact_of, find_prices
from crawlers.reading.survey import survey_of
from crawlers.reading.title import TitleGuess, find_title
from kernel.facts import Fact, ListingFacts, PageFacts, PageKind

SURE = 50
_KEEP_STRUCTURED = ("description", "brand", "image", "sku", "category", "rating", "seller_shown")
_LISTED = frozenset({"list", "home", "other"})


def structured_facts(document: Document) -> list[Fact]:
    """Facts from metadata, the richest form first; made once."""
    known = document.memo.get("structured")
    if isinstance(known, list):
        return known
    facts = (
        structured.from_json_ld(document) + structured.from_microdata(document) + structured.from_open_graph(document)
    )
    document.memo["structured"] = facts
    return facts


def _merge_prices(shown: list[Fact], told: list[Fact]) -> Iterator[Fact]:
    """Shown prices, then metadata prices that say something else: the difference is of interest itself."""
    yield from shown
    known = {(kind_of(fact), fen_of(fact)) for fact in shown}
    sure = [fact for fact in shown if fact.confidence >= SURE]
    for fact in told:
        if (kind_of(fact), fen_of(fact)) in known or fen_of(fact) in {
            fen_of(other) for other in sure if kind_of(other) != "struck"
        }:
            continue
        known.add((kind_of(fact), fen_of(fact)))
        yield fact


def _once(facts: Iterator[Fact]) -> list[Fact]:
    """Facts without repetitions of one field and value."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for fact in facts:
        key = (fact.field, repr(fact.value))
        if key not in seen:
            seen.add(key)
            kept.append(fact)
    return kept


def _others(document: Document, title: TitleGuess | None, told: list[Fact]) -> Iterator[Fact]:
    """All fields but title and price; metadata first where they speak of the same."""
    name = str(title.fact.value) if title else ""
    read = [
        *details.category(document, name),
        *details.brand(document),
        *details.description(document),
        *(fact for fact in choices.skus(document) if fact.field == "sku"),
        *details.rating(document),
        *details.images(document, title.element if title else None),
    ]
    for field in _KEEP_STRUCTURED:
        from_told = [fact for fact in told if fact.field == field and fact.confidence >= SURE]
        from_page = [fact for fact in read if fact.field == field]
        if field == "image":
            yield from (from_told + from_page)[: details.MAX_IMAGES]
        elif field == "description" and from_page and from_told and from_told[0].method == "open-graph":
            yield from from_page
        else:
            yield from from_told[:1] if from_told else from_page
    yield from details.counts(document)
    yield from choices.options(document)
    yield from details.wordings(document)


def listing_of(document: Document) -> tuple[ListingFacts, TitleGuess | None]:
    """The page read as one good's own page."""
    told = structured_facts(document)
    title = find_title(document, told)
    element = title.element if title and title.fact.confidence >= 40 else None
    prices = list(_merge_prices(find_prices(document, element, told), [fact for fact in told if fact.field == "price"]))
    facts: list[Fact] = [title.fact] if title else []
    facts.extend(prices)
    facts.extend(fact for fact in choices.skus(document) if fact.field == "price")
    facts.extend(_others(document, title, told))
    return ListingFacts(document.url, tuple(_once(iter(facts)))), title


def _card_title(document: Document, card: Card) -> Fact | None:
    """Name on a card: the heading or name in it, the longest link text, or a picture's description."""
    own = [anchor for anchor in card.anchors if anchor.url == card.anchor.url]
    survey = survey_of(document)
    inside = range(card.element.index, card.element.stop)
    for named in [*(h for h in survey.headings if h.index in inside), *(n for n in survey.named if n.index in inside)]:
        if 1 < named.end - named.start <= 200 and not any(
            named.start <= mention.start < named.end for mention in card.mentions
        ):
            return element_fact(document, "title", named, "template", 85)
    texts = [a for a in own if 1 < a.element.end - a.element.start <= 200]
    texts = [a for a in texts if not any(a.element.start <= mention.start < a.element.end for mention in card.mentions)]
    if texts:
        best = max(texts, key=lambda anchor: anchor.element.end - anchor.element.start)
        return element_fact(document, "title", best.element, "template", 80)
    for element in document.elements[card.element.index : card.element.stop]:
        for attribute in ("title", "alt"):
            if element.tag in {"a", "img"} and len(element.get(attribute)) > 1:
                raw = element.get(attribute)
                return text_fact("title", raw, at_element(document, element, attribute), "template", 65)
    return None


def card_price_facts(document: Document, mentions: list[Mention]) -> list[Fact]:
    """Price of a card and the struck ones beside it."""
    prices = [mention for mention in mentions if mention.kind != "noise"]
    prices.sort(key=lambda mention: (mention.kind not in {"shown", "range", "unit"}, not mention.marked, mention.start))
    distinct = {mention.amount.fen for mention in prices if mention.kind == prices[0].kind}
    facts = [fact_of(mention, document, 80 if len(distinct) == 1 else 55) for mention in prices[:1]]
    return facts + [fact_of(mention, document, 75) for mention in prices[1:] if mention.kind == "struck"]


def stubs_of(document: Document) -> list[ListingFacts]:
    """Listings on cards: address, title and price, each address once."""
    found: dict[str, ListingFacts] = {}
    for group in groups_of(document):
        for card in group:
            title = _card_title(document, card)
            prices = [mention for mention in card.mentions if mention.kind != "noise"]
            if title is None or card.anchor.url in found or not prices:
                continue
            facts = (title, *card_price_facts(document, prices))
            found[card.anchor.url] = ListingFacts(card.anchor.url, facts, is_stub=True)
    return list(found.values())


def judge(document: Document, listing: ListingFacts, title: TitleGuess | None) -> KindGuess:
    """Kind of the page, told what was read from it."""
    prices = [fact for fact in listing.facts if fact.field == "price" and fact.confidence >= SURE]
    return judge_kind(
        document,
        priced=bool(prices),
        titled=title.fact.confidence if title else 0,
        product=structured.is_product_by_metadata(document),
    )


def read_page(document: Document, known: PageKind | None = None) -> PageFacts:
    """Read a page. Pure; never raises on any page.

    Args:
        document: the page.
        known: kind of the page where its platform's addresses tell it; a wall or an empty shell
            is still one.
    """
    listing, title = listing_of(document)
    guess = judge(document, listing, title)
    if known is not None and guess.kind not in {"login", "captcha", "empty"}:
        guess = KindGuess(known)
    listings: list[ListingFacts] = []
    if guess.kind == "detail":
        listings.append(listing)
    elif guess.kind in _LISTED:
        listings.extend(stubs_of(document))
    return PageFacts(
        kind=guess.kind,
        listings=tuple(listings),
        shop=tuple(shop_facts(document, licence_page=guess.kind == "licence", rules_page=guess.kind == "rules")),
        links=links_of(document),
        text=document.text,
        needs_browser=guess.needs_browser,
        notes=document.notes,
    )
