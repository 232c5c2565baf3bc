"""Amounts on a page and their kinds."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.mention import mentions_of

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<p>售价 ¥5</p>", "shown"),
        ("<del>¥5</del>", "struck"),
        ("<p>原价：¥5</p>", "struck"),
        ("<span class=old-price>¥5</span>", "struck"),
        ("<span style='text-decoration: line-through'>¥5</span>", "struck"),
        ("<p>券后价 ¥5</p>", "coupon"),
        ("<p>会员价 ¥5</p>", "member"),
        ("<p>¥5/斤</p>", "unit"),
        ("<p>¥5-¥9</p>", "range"),
        ("<p>¥5起</p>", "range"),
        ("<p>运费 ¥5</p>", "noise"),
        ("<p>满99减5元</p>", "noise"),
        ("<p>¥5 优惠券</p>", "noise"),
        ("<div class=mini-cart>¥5</div>", "noise"),
        ("<dl><dt>原价</dt><dd>¥5</dd></dl>", "struck"),
        ("<p>You save $5.00</p>", "noise"),
    ],
)
def test_kinds(read: Reader, markup: str, kind: str) -> None:
    """Words, tags, classes and styles tell the kind."""
    assert [mention.kind for mention in mentions_of(read(markup))] == [kind]


def test_bare_numbers_in_elements_named_a_price(read: Reader) -> None:
    """A number without a mark counts where the author named it a price, once."""
    found = mentions_of(
        read("<p class=price>12.50</p><p class=price><i class=price-in>¥9</i></p><p>77</p><p class=price>12 件</p>")
    )
    assert [mention.amount.fen for mention in found] == [1250, 900]


def test_the_block_that_buys_is_no_basket(read: Reader) -> None:
    """A block named after the basket whose button puts the good into it holds the good's own price."""
    block = "<div class='cart-box'><h2><span class=price>¥5</span></h2>{}</div>"
    assert [m.kind for m in mentions_of(read(block.format("<button>加入购物车</button>")))] == ["shown"]
    assert [m.kind for m in mentions_of(read(block.format("<a href=/checkout>去结算</a>")))] == ["noise"]


def test_a_normal_price_is_struck_beside_a_special_one(read: Reader) -> None:
    """Without a special price beside it, a normal price is what a buyer pays."""
    normal, special = "<span class=normalprice>$100.00</span>", "<span class=productSpecialPrice>$90.00</span>"
    assert [m.kind for m in mentions_of(read(f"<h2>{normal} {special}</h2>"))] == ["struck", "shown"]
    assert [m.kind for m in mentions_of(read(f"<h2>{special} {normal}</h2>"))] == ["shown", "struck"]
    assert [m.kind for m in mentions_of(read(f"<h2>{normal}</h2>"))] == ["shown"]
    assert [m.kind for m in mentions_of(read(f"<h2>{normal}</h2><p>{'好' * 90}</p>{special}"))] == ["shown", "shown"]


def test_raised_cents_and_joined_runs(read: Reader) -> None:
    """Layout that is gone from the text is mended from the runs."""
    found = mentions_of(
        read("<p><b>¥</b><b>12</b><sup>90</sup></p><p><b>¥</b><b>71</b><i>.50</i><span>14人付款</span></p>")
    )
    assert [mention.amount.fen for mention in found] == [1290, 7150]


def test_currency_of_a_japanese_page(read: Reader) -> None:
    """The yen sign on a Japanese page is no 元."""
    document = read("<p>円 ¥5</p>")
    document.language = "ja"
    document.memo.clear()
    assert mentions_of(document)[-1].amount.currency in {"JPY", "CNY"}
