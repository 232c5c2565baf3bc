"""What a page says of its product in a machine's words: JSON-LD, microdata, Open Graph."""

import re
from collections.abc import Iterable, Iterator

from crawlers.reading import json_ld, microdata
from crawlers.reading.document import Document
from crawlers.reading.facts import clean, price_value, text_fact
from crawlers.reading.locator import at_element
from crawlers.reading.price import Amount, currency_of, find_amounts, to_fen
from crawlers.reading.urls import absolute, same_page
from kernel.facts import Fact, Method

MAX_IMAGES = 20
_SIMPLE = {"name": "title", "description": "description", "category": "category", "sku": "sku"}
_PLAIN_AMOUNT = re.compile(r"\d[\d.,' ]{0,18}", re.ASCII)
_OG_PRICES = ("product:price:amount", "og:price:amount", "product:sale_price:amount")
_OG_CURRENCIES = ("product:price:currency", "og:price:currency")


def read_amount(text: str, currency: str) -> Amount | None:
    """An amount given by a machine: usually a bare number with a point, sometimes as people write it."""
    text = clean(text)
    if _PLAIN_AMOUNT.fullmatch(text):
        fen = to_fen(text)
        return (
            Amount(fen, currency_of(currency or "CNY", currency.strip().upper()[:3] or "CNY"), 0, len(text))
            if fen is not None
            else None
        )
    found = find_amounts(text, currency_of(currency or "CNY"))
    return found[0] if found else None


def _price_fact(kind: str, raw: str, currency: str, locator: str, method: Method) -> Fact | None:
    amount = read_amount(raw, currency)
    if amount is None:
        return None
    return Fact("price", price_value(kind, amount), raw, locator, method, 85)


def _strings(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Texts of a JSON-LD value, each with its pointer: a text, a number, a list, or an object with a name."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield json_ld.as_text(value), pointer
    elif isinstance(value, list):
        for index, item in enumerate(value[:MAX_IMAGES]):
            yield from _strings(item, f"{pointer}/{index}") if not isinstance(item, list) else ()
    elif isinstance(value, dict):
        for key in ("name", "url", "contentUrl", "@id", "@value"):
            if isinstance(value.get(key), str):
                yield value[key], f"{pointer}/{key}"
                return


def _offers(value: object, pointer: str) -> Iterator[tuple[dict[str, object], str]]:
    """Offer objects of a product, flat."""
    items = value if isinstance(value, list) else [value]
    for index, item in enumerate(items[:100]):
        if isinstance(item, dict):
            where = f"{pointer}/{index}" if isinstance(value, list) else pointer
            yield item, where
            if "price" not in item and "lowPrice" not in item and isinstance(item.get("offers"), (dict, list)):
                nested = item["offers"]
                inner = nested if isinstance(nested, list) else [nested]
                for place, offer in enumerate(inner[:100]):
                    if isinstance(offer, dict):
                        yield offer, f"{where}/offers/{place}" if isinstance(nested, list) else f"{where}/offers"


def _offer_facts(offer: dict[str, object], pointer: str) -> Iterator[Fact]:
    """Prices, stock and seller of one offer."""
    currency = str(offer.get("priceCurrency") or "")
    for raw, where in _strings(offer.get("seller"), f"{pointer}/seller"):
        yield text_fact("seller_shown", raw, f"json-ld:{where}", "json-ld", 80)
    low, high = offer.get("lowPrice"), offer.get("highPrice")
    for raw, where in _strings(offer.get("price"), f"{pointer}/price"):
        fact = _price_fact("shown", raw, currency, f"json-ld:{where}", "json-ld")
        if fact:
            yield fact
            return
    specification = offer.get("priceSpecification")
    first = specification[0] if isinstance(specification, list) and specification else specification
    where = f"{pointer}/priceSpecification/0" if isinstance(specification, list) else f"{pointer}/priceSpecification"
    if isinstance(first, dict) and first.get("price") is not None:
        given = str(first.get("priceCurrency") or currency)
        fact = _price_fact("shown", json_ld.as_text(first["price"]), given, f"json-ld:{where}/price", "json-ld")
        if fact:
            yield fact
    elif low is not None:
        yield from _range_fact(low, high, currency, pointer)


def _range_fact(low: object, high: object, currency: str, pointer: str) -> Iterator[Fact]:
    """Price of an AggregateOffer: one amount where both ends agree, else a range."""
    first = read_amount(json_ld.as_text(low), currency)
    last = read_amount(json_ld.as_text(high), currency) if high is not None else None
    if first is None:
        return
    ends = last.fen if last is not None and last.fen > first.fen else None
    amount = Amount(first.fen, first.currency, 0, 0, ends)
    kind = "shown" if last is not None and ends is None else "range"
    yield Fact("price", price_value(kind, amount), json_ld.as_text(low), f"json-ld:{pointer}/lowPrice", "json-ld", 85)


def _product_node(document: Document) -> json_ld.Node | None:
    """The JSON-LD product this page is about; None when there is none or it cannot be told which."""
    nodes = [node for node in json_ld.nodes_of(document) if node.types & json_ld.PRODUCT_TYPES and not node.foreign]
    tops = [node for node in nodes if not any(_within(node.pointer, other.pointer) for other in nodes)]
    if len(tops) <= 1:
        return tops[0] if tops else None
    for node in tops:
        url = node.value.get("url") or node.value.get("@id")
        if isinstance(url, str) and same_page(absolute(document, url), document.url):
            return node
    named = [node for node in tops if isinstance(name := node.value.get("name"), str) and name in document.title]
    return named[0] if len(named) == 1 else None


def _within(pointer: str, other: str) -> bool:
    return pointer != other and pointer.startswith(f"{other}/")


def from_json_ld(document: Document) -> list[Fact]:
    """Facts of the page's JSON-LD product, and its breadcrumb."""
    facts: list[Fact] = []
    node = _product_node(document)
    if node is not None:
        for key, field in _SIMPLE.items():
            for raw, where in list(_strings(node.value.get(key), f"{node.pointer}/{key}"))[:1]:
                facts.append(text_fact(field, raw, f"json-ld:{where}", "json-ld", 90 if field != "sku" else 40))
        for raw, where in list(_strings(node.value.get("brand"), f"{node.pointer}/brand"))[:1]:
            facts.append(text_fact("brand", raw, f"json-ld:{where}", "json-ld", 90))
        for raw, where in _strings(node.value.get("image"), f"{node.pointer}/image"):
            facts.append(_image(document, raw, f"json-ld:{where}", "json-ld"))
        for offer, where in _offers(node.value.get("offers"), f"{node.pointer}/offers"):
            facts.extend(_offer_facts(offer, where))
        rating = node.value.get("aggregateRating")
        if isinstance(rating, dict) and isinstance(rating.get("ratingValue"), (str, int, float)):
            raw = json_ld.as_text(rating["ratingValue"])
            facts.append(text_fact("rating", raw, f"json-ld:{node.pointer}/aggregateRating/ratingValue", "json-ld", 90))
    return [fact for fact in facts if fact.value not in ("", None)]


def breadcrumb(document: Document) -> list[str]:
    """Names of a JSON-LD BreadcrumbList in order; empty when there is none."""
    for node in json_ld.nodes_of(document):
        if "breadcrumblist" in node.types:
            entries = node.value.get("itemListElement")
            names = []
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict):
                    item = entry.get("item")
                    name = entry.get("name") or (item.get("name") if isinstance(item, dict) else None)
                    names.append(clean(name) if isinstance(name, str) else "")
            return [name for name in names if name]
    return []


def _image(document: Document, raw: str, locator: str, method: Method) -> Fact:
    return Fact("image", absolute(document, raw), raw[:4000], locator, method, 90)


def _main_item(document: Document) -> microdata.Item | None:
    """The microdata product this page is about."""
    products = [
        item
        for item in microdata.items_of(document)
        if item.type in json_ld.PRODUCT_TYPES
        and (item.holder is None or item.holder.type not in json_ld.PRODUCT_TYPES)
        and not {"isRelatedTo", "isSimilarTo", "itemListElement"} & set(item.inside.split())
    ]
    if len(products) <= 1:
        return products[0] if products else None
    # Several products: the page's own is the one that holds the main heading.
    for element in document.elements:
        if element.tag == "h1":
            holding = [item for item in products if item.element.index < element.index < item.element.stop]
            if len(holding) == 1:
                return holding[0]
    return None


def _from_property(
    document: Document, field: str, found: microdata.Property | None, confidence: int = 90
) -> Iterable[Fact]:
    if found is not None:
        locator = at_element(document, found.element, found.attribute)
        yield text_fact(field, found.value, locator, "microdata", confidence)


def from_microdata(document: Document) -> list[Fact]:
    """Facts of the page's microdata product."""
    if not any("itemscope" in element.attrs for element in document.elements if element.attrs):
        return []
    item = _main_item(document)
    if item is None:
        return []
    facts: list[Fact] = []
    for name, field in _SIMPLE.items():
        facts.extend(_from_property(document, field, item.first(name), 90 if field != "sku" else 40))
    brand = item.child("brand")
    facts.extend(_from_property(document, "brand", brand.first("name") if brand else item.first("brand")))
    for found in item.properties.get("image", ())[:MAX_IMAGES]:
        locator = at_element(document, found.element, found.attribute)
        facts.append(_image(document, found.value, locator, "microdata"))
    offer = item.child("offers") or item
    currency = offer.first("priceCurrency") or item.first("priceCurrency")
    for name, kind in (("price", "shown"), ("lowPrice", "range")):
        found_price = offer.first(name)
        if found_price is not None:
            locator = at_element(document, found_price.element, found_price.attribute)
            fact = _price_fact(kind, found_price.value, currency.value if currency else "", locator, "microdata")
            facts.extend([fact] if fact else [])
            break
    return [fact for fact in facts if fact.value not in ("", None)]


def from_open_graph(document: Document) -> list[Fact]:
    """Facts of the page's Open Graph and similar meta elements."""
    metas: dict[str, str] = {}
    for meta in document.metas:
        metas.setdefault(meta.name, meta.content)
    facts: list[Fact] = []
    if metas.get("og:title"):
        facts.append(text_fact("title", metas["og:title"], "meta:og:title", "open-graph", 60))
    for name in ("og:description", "description"):
        if metas.get(name):
            facts.append(text_fact("description", metas[name], f"meta:{name}", "open-graph", 60))
            break
    if metas.get("og:image"):
        facts.append(_image(document, metas["og:image"], "meta:og:image", "open-graph"))
    if metas.get("product:brand"):
        facts.append(text_fact("brand", metas["product:brand"], "meta:product:brand", "open-graph", 80))
    currency = next((metas[name] for name in _OG_CURRENCIES if metas.get(name)), "")
    for name in _OG_PRICES:
        if metas.get(name):
            fact = _price_fact("shown", metas[name], currency, f"meta:{name}", "open-graph")
            facts.extend([fact] if fact else [])
            break
    return [fact for fact in facts if fact.value not in ("", None)]


def is_product_by_metadata(document: Document) -> bool:
    """Whether the page calls itself the page of one product."""
    if any(
        meta.name == "og:type" and meta.content.lower().startswith(("product", "og:product")) for meta in document.metas
    ):
        return True
    return _product_node(document) is not None or _main_item(document) is not None
