"""Products in JSON-LD, microdata and Open Graph."""

import json
from collections.abc import Callable, Mapping

from crawlers.reading.document import Document
from crawlers.reading.structured import (
    breadcrumb,
    from_json_ld,
    from_microdata,
    from_open_graph,
    is_product_by_metadata,
    read_amount,
)

Reader = Callable[..., Document]


def _ld(*values: object) -> str:
    return "".join(f"<script type='application/ld+json'>{json.dumps(value)}</script>" for value in values)


def test_json_ld_product(read: Reader) -> None:
    """Name, brand, images, offer, rating, seller."""
    product = {
        "@type": "Product",
        "name": "壶",
        "brand": {"name": "坊"},
        "image": ["/a.jpg", {"url": "/b.jpg"}],
        "sku": "X1",
        "category": "茶具",
        "aggregateRating": {"ratingValue": 4.5},
        "offers": {"price": "9.90", "priceCurrency": "CNY", "seller": {"name": "店"}},
    }
    document = read("", head=_ld(product))
    found = {
        (fact.field, fact.value["fen"] if isinstance(fact.value, Mapping) else fact.value)
        for fact in from_json_ld(document)
    }
    assert {
        ("title", "壶"),
        ("brand", "坊"),
        ("price", 990),
        ("rating", "4.5"),
        ("seller_shown", "店"),
        ("category", "茶具"),
    } <= found
    assert ("image", "https://shop.example.test/b.jpg") in found
    assert is_product_by_metadata(document)


def test_offer_forms(read: Reader) -> None:
    """Ranges, specifications and nested offers."""
    forms = [
        ({"@type": "AggregateOffer", "lowPrice": 5, "highPrice": 9, "priceCurrency": "CNY"}, "range", 500),
        ({"@type": "AggregateOffer", "lowPrice": 5, "highPrice": 5}, "shown", 500),
        ([{"priceSpecification": [{"price": "7", "priceCurrency": "EUR"}]}], "shown", 700),
        ({"offers": [{"price": 8}]}, "shown", 800),
    ]
    for offers, kind, fen in forms:
        prices = [
            fact.value
            for fact in from_json_ld(read("", head=_ld({"@type": "Product", "name": "x", "offers": offers})))
            if fact.field == "price"
        ]
        assert [(value["kind"], value["fen"]) for value in prices] == [(kind, fen)]  # type: ignore[index]


def test_which_product_is_meant(read: Reader) -> None:
    """Of several, the one with the page's address or name; else none."""
    one, two = {"@type": "Product", "name": "甲", "url": "/item/9.html"}, {"@type": "Product", "name": "乙"}
    assert [fact.value for fact in from_json_ld(read("", head=_ld(two, one)))] == ["甲"]
    assert [
        fact.value
        for fact in from_json_ld(read("", title="乙 - 店", head=_ld({"@type": "Product", "name": "丙"}, two)))
    ] == ["乙"]
    assert from_json_ld(read("", head=_ld(two, {"@type": "Product", "name": "丙"}))) == []


def test_breadcrumb(read: Reader) -> None:
    """Names in order, from the entry or its item."""
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [{"name": "首页"}, {"item": {"name": "茶具"}}, {"item": "x"}],
    }
    assert breadcrumb(read("", head=_ld(crumbs))) == ["首页", "茶具"]
    assert breadcrumb(read("")) == []


def test_microdata_product(read: Reader) -> None:
    """The product that holds the heading, when several are marked."""
    item = (
        "<div itemscope itemtype='https://schema.org/Product'>{}<b itemprop=offers itemscope>"
        "<meta itemprop=price content={}></b></div>"
    )
    document = read(
        item.format("<h1 itemprop=name>壶</h1><i itemprop=brand>坊</i><img itemprop=image src=/a.jpg>", "9.90")
        + item.format("<b itemprop=name>杯</b>", "5")
    )
    found = {fact.field: fact.value for fact in from_microdata(document)}
    assert (found["title"], found["brand"]) == ("壶", "坊")
    assert from_microdata(read("<p>x</p>")) == []


def test_open_graph(read: Reader) -> None:
    """Title, price with currency, brand, picture, description."""
    head = "".join(
        f"<meta property='{k}' content='{v}'>"
        for k, v in {
            "og:type": "product",
            "og:title": "壶",
            "og:image": "/a.jpg",
            "og:description": "好",
            "product:price:amount": "9.90",
            "product:price:currency": "EUR",
            "product:brand": "坊",
        }.items()
    )
    document = read("", head=head)
    assert {fact.field for fact in from_open_graph(document)} == {"title", "price", "brand", "image", "description"}
    assert is_product_by_metadata(document)


def test_machine_amounts() -> None:
    """A bare number, or as people write it."""
    amount = read_amount("9.90", "EUR")
    assert amount is not None
    assert (amount.fen, amount.currency) == (990, "EUR")
    assert read_amount("¥5", "") is not None
    assert read_amount("soon", "") is None
