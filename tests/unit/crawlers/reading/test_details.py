"""The rest of a detail page."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading import details
from crawlers.reading.document import Document

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("月销 1.2万+", "sales", 12000),
        ("已售 57", "sales", 57),
        ("44人付款", "sales", 44),
        ("累计售出\n71件", "sales", 71),
        ("库存 345 件", "stock", 345),
        ("仅剩3件", "stock", 3),
        ("14 in stock", "stock", 14),
        ("已售罄", "stock", 0),
        ("库存：2.5万", "stock", 25000),
    ],
)
def test_counts(read: Reader, text: str, field: str, value: int) -> None:
    """Sales and stock as people write them."""
    document = read("".join(f"<p>{line}</p>" for line in text.split("\n")))
    assert (field, value) in [(fact.field, fact.value) for fact in details.counts(document)]


@given(st.integers(min_value=0, max_value=9_999))
def test_count_of(number: int) -> None:
    """Plain numbers and 万."""
    assert details.count_of(f"{number:,}", None) == number
    assert details.count_of(str(number), "万") == number * 10_000


@pytest.mark.parametrize(
    "markup",
    [
        "<div class=breadcrumb>首页 :: 茶具 :: 壶 :: 紫砂壶</div>",
        "<div class=breadcrumb><a href=/>首页</a> &gt; 茶具 &gt; 壶 &gt; 紫砂壶</div>",
        "<p>当前位置：首页 &gt; 茶具 &gt; 壶</p>",
        "<nav aria-label=breadcrumb><ol><li>茶具</li><li>壶</li></ol></nav>",
        "<p>您的位置：某店 / 茶具 / 壶</p>",
    ],
)
def test_category(read: Reader, markup: str) -> None:
    """Path without home, shop and the thing itself."""
    assert [fact.value for fact in details.category(read(markup, title="紫砂壶 - 某店"), "紫砂壶")] == ["茶具 > 壶"]


def test_category_by_label_and_none(read: Reader) -> None:
    """A label does too; else nothing."""
    assert [fact.value for fact in details.category(read("<p>商品分类：茶具</p>"), "")] == ["茶具"]
    assert list(details.category(read("<p>无</p>"), "")) == []
    assert list(details.category(read("<p>壶</p><p>0 reviews / Write a review</p>"), "")) == []


def test_images_of_the_thing(read: Reader, cards: str) -> None:
    """Not the logo, not the cards, not the side; lazy sources count."""
    document = read(
        "<header><img src=/h.jpg></header><img src=/logo.png><img data-src=/a.jpg src=/blank.gif>"
        f"<img src=/b.jpg><img src=/b.jpg><img src=/c.jpg width=16>{cards}"
    )
    assert [fact.raw for fact in details.images(document, None)] == ["/a.jpg", "/b.jpg"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div class=description>手工拍片成型，容量适中。</div>", "手工拍片成型，容量适中。"),
        ("<h3>商品详情</h3><div>手工拍片成型，容量适中。</div>", "手工拍片成型，容量适中。"),
        ("<p>无</p>", None),
    ],
)
def test_description(read: Reader, markup: str, text: str | None) -> None:
    """Named so, or under a heading that says so."""
    found = [fact.value for fact in details.description(read(f"<p>{'前言' * 30}</p>{markup}"))]
    assert found == ([text] if text else [])


def test_ratings(read: Reader) -> None:
    """By label or as points."""
    assert [fact.value for fact in details.rating(read("<p>评分：4.8</p>"))] == ["4.8"]
    assert [fact.value for fact in details.rating(read("<p>4.7分</p>"))] == ["4.7"]
    assert list(details.rating(read("<p>评分：很好</p>"))) == []


def test_promotions_and_gifts(read: Reader) -> None:
    """Labelled, named, or as unsure sentences."""
    labelled = read("<div><b>促销</b><i>满99减10</i><i>第二件半价</i></div><p>赠品：帆布袋1个</p>")
    assert [(f.field, f.value, f.confidence >= 50) for f in details.wordings(labelled)] == [
        ("promotion", "满99减10", True),
        ("promotion", "第二件半价", True),
        ("gift", "帆布袋1个", True),
    ]
    named = read("<i class=promo-tag>限时特惠</i><li class=promo>促销活动：满99元包邮</li>")
    assert [f.value for f in details.wordings(named)] == ["限时特惠", "满99元包邮"]
    assert [f.confidence >= 50 for f in details.wordings(read("<p>全场满99元减10元</p>"))] == [False]


def test_brand(read: Reader) -> None:
    """A labelled brand."""
    assert [fact.value for fact in details.brand(read("<p>品牌：示例坊</p>"))] == ["示例坊"]
