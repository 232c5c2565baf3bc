"""Which amount is the page's price."""

from collections.abc import Callable

from crawlers.reading.document import Document
from crawlers.reading.facts import fen_of, kind_of
from crawlers.reading.page import structured_facts
from crawlers.reading.shown_price import find_prices
from crawlers.reading.title import find_title

Reader = Callable[..., Document]


def _prices(document: Document) -> list[tuple[str, int | None, bool]]:
    told = structured_facts(document)
    guess = find_title(document, told)
    return [
        (kind_of(fact), fen_of(fact), fact.confidence >= 50)
        for fact in find_prices(document, guess.element if guess else None, told)
    ]


def test_basket_and_side_bar_are_passed_over(read: Reader, cards: str) -> None:
    """The basket total comes first and the side bar is repeated: neither is the price."""
    body = (
        f"<header><a href=/cart>购物车 合计 ¥0.00</a></header><aside>{cards}</aside><main><h1>杯</h1>"
        "<b class=price>¥89</b> <del>¥99</del><button>加入购物车</button></main>"
    )
    assert _prices(read(body, title="杯 - 店")) == [("shown", 8900, True), ("struck", 9900, True)]


def test_equal_rivals_make_it_unsure(read: Reader) -> None:
    """Two amounts that stand equally well: the answer says that it is unsure."""
    assert (
        _prices(read("<h1>杯</h1><p><b class=price>¥40</b></p><p><b class=price>¥52</b></p>", title="杯"))[0][2]
        is False
    )


def test_metadata_is_a_witness(read: Reader) -> None:
    """The amount that metadata name too is the one."""
    head = "<meta property='product:price:amount' content='52'>"
    assert _prices(
        read("<h1>杯</h1><p><b class=price>¥40</b></p><p><b class=price>¥52</b></p>", title="杯", head=head)
    )[0] == ("shown", 5200, True)


def test_prose_is_no_price(read: Reader) -> None:
    """An amount in a sentence is not what the thing costs."""
    found = _prices(
        read(
            "<h1>杯</h1><p>在别处要卖到 ¥500 以上的杯子，这里一件也不少，件件都经过挑选，请放心购买，"
            "不满意可以退货，我们负责到底，来回的邮费由店里承担。</p>",
            title="杯",
        )
    )
    assert all(not sure for _, _, sure in found)


def test_words_in_place_of_an_amount(read: Reader) -> None:
    """面议 is a price without amount; free is one of nothing."""
    assert _prices(read("<h1>铁门</h1><p class=price>面议</p>", title="铁门")) == [("shown", None, True)]
    assert _prices(read("<h1>Map</h1><p class=price>Free</p>", title="Map")) == [("shown", 0, True)]
    assert _prices(read("<h1>Map</h1>", title="Map")) == []


def test_box_prices_are_not_the_price(read: Reader) -> None:
    """What a box adds is not what the thing costs."""
    body = "<h1>台灯</h1><p>价格：¥60</p><label><input type=checkbox>延保 ¥20</label>"
    assert _prices(read(body, title="台灯")) == [("shown", 6000, True)]


def test_special_price_alone(read: Reader) -> None:
    """Where only a coupon price stands, that is said."""
    assert _prices(read("<h1>灯</h1><p class=price>券后价 ¥60</p>", title="灯"))[0][:2] == ("coupon", 6000)
