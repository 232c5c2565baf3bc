"""Prices and units that are not marked."""

from typing import Any

import pytest

from supervision.rules.rule_catalogue import Catalogue


@pytest.mark.parametrize(
    ("fen", "raw", "reason"),
    [(None, "面议", "no-price"), (None, "价格请私聊", "no-price"), (None, "询价", "no-price"), (0, "¥0.00", "zero")],
)
def test_no_price(make: Any, catalogue: Catalogue, fen: int | None, raw: str, reason: str) -> None:
    """Words or nought in place of a price."""
    (hit,) = make.hits(make.listing(make.fact("title", "文件夹"), make.price(fen, raw)), catalogue.get("PR05"))
    assert (hit.signal.reason, hit.signal.quote) == (reason, raw)


@pytest.mark.parametrize(
    ("title", "price", "category"),
    [
        ("文件夹", (990, "¥9.90"), "文具"),
        ("文件夹", (None, ""), "文具"),
        ("实木衣柜 定制", (None, "面议"), "家具"),
        ("衣柜", (None, "面议"), "家居/定制家具"),
        ("文件夹 批发", (None, "面议"), "文具"),
        ("文件夹", (None, "面议"), "批发市场"),
        ("赠品 杯垫", (0, "¥0.00"), "家居"),
        ("红富士苹果 5斤装", (2990, "¥29.90"), "生鲜/水果"),
    ],
)
def test_near_misses(make: Any, catalogue: Catalogue, title: str, price: tuple[int | None, str], category: str) -> None:
    """Marked, not read, made to order, wholesale, gift, or with its measure in the title."""
    subject = make.listing(make.fact("title", title), make.price(*price), category=category)
    assert make.hits(subject, catalogue.get("PR05")) == []


def test_other_price_given(make: Any, catalogue: Catalogue) -> None:
    """Where one SKU has a price, words at another are no missing price."""
    subject = make.listing(make.fact("title", "茶"), make.price(None, "面议"), make.price(9900, sku="小"))
    assert make.hits(subject, catalogue.get("PR05")) == []


def test_words_in_the_text_where_no_price_stands(make: Any, catalogue: Catalogue) -> None:
    """Without any price fact, plain words in the texts count; with one they do not."""
    text = make.fact("description", "精品手串，价格请私聊店主")
    (hit,) = make.hits(make.listing(text), catalogue.get("PR05"))
    assert hit.signal.quote == "价格请私聊"
    assert make.hits(make.listing(text, make.price(9900)), catalogue.get("PR05")) == []
    assert make.hits(make.listing(make.fact("description", "精品手串")), catalogue.get("PR05")) == []


def test_no_unit(make: Any, catalogue: Catalogue) -> None:
    """Goods sold by measure need a unit: in the price, its unit, the SKU or the title."""
    rule, title = catalogue.get("PR05"), make.fact("title", "新鲜散装红枣")
    assert make.reasons(make.listing(title, make.price(1990), category="生鲜/水果"), rule) == ["no-unit"]
    assert make.reasons(make.listing(title, make.price(1990, unit="斤"), category="生鲜/水果"), rule) == []
    assert make.reasons(make.listing(title, make.price(1990, "¥19.90/斤"), category="生鲜/水果"), rule) == []
    assert make.reasons(make.listing(title, make.price(1990), category="文具"), rule) == []
