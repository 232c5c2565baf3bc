"""Microdata items and properties."""

from collections.abc import Callable

from crawlers.reading.document import Document
from crawlers.reading.microdata import items_of

Reader = Callable[..., Document]


def test_items_hold_their_properties(read: Reader) -> None:
    """Values come from content, from the link, or from the text; nested items keep theirs."""
    document = read(
        "<div itemscope itemtype='https://schema.org/Product'><h1 itemprop=name>茶壶</h1>"
        "<img itemprop=image src=/a.jpg>"
        "<div itemprop=offers itemscope itemtype='http://schema.org/Offer'>"
        "<meta itemprop=price content=9.90><b itemprop=priceCurrency>CNY</b></div></div>"
        "<p itemprop=name>外面</p>"
    )
    product, offer = items_of(document)
    assert (product.type, offer.type, offer.holder) == ("product", "offer", product)
    name, image, price = product.first("name"), product.first("image"), offer.first("price")
    assert name is not None
    assert image is not None
    assert price is not None
    assert (name.value, image.value, image.attribute, price.value, price.attribute) == (
        "茶壶",
        "/a.jpg",
        "src",
        "9.90",
        "content",
    )
    assert product.child("offers") is offer
    assert product.child("brand") is None
    assert product.first("nothing") is None


def test_items_are_bounded(read: Reader) -> None:
    """Endless items end."""
    assert len(items_of(read("<i itemscope></i>" * 1_000))) == 300
