"""Labelled values."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.pairs import field_of, first_pair, pairs_of, pieces_of

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    "markup",
    [
        "<li>品牌：坊</li>",
        "<tr><td>品牌</td><td>坊</td></tr>",
        "<dt>品牌：</dt><dd>坊</dd>",
        "<p><span>品牌</span><span>坊</span></p>",
        "<p>品牌 坊</p>",
        "<li><strong>品牌：</strong>坊</li>",
        "<div><p><b>品牌</b></p><p>坊</p></div>",
    ],
)
def test_ways_to_label(read: Reader, markup: str) -> None:
    """One line, two cells, two spans, a term and its value."""
    document = read(f"<table>{markup}</table>" if markup.startswith("<tr") else markup)
    pair = first_pair(document, "brand")
    assert pair is not None
    assert document.text[pair.start : pair.end] == "坊"


def test_pieces_behind_a_label(read: Reader) -> None:
    """Several values behind one label."""
    document = read("<div><b>规格</b><i>红</i><i>蓝</i><i></i></div>")
    pair = first_pair(document, "sku")
    assert pair is not None
    assert [document.text_of(piece) for piece in pieces_of(document, pair)] == ["红", "蓝"]


def test_labels() -> None:
    """Known labels have a field, other words none."""
    assert (field_of("商品品牌："), field_of("库存数量"), field_of("规格2"), field_of("住所")) == (
        "brand",
        "stock",
        "sku",
        "licence_address",
    )
    assert field_of("今天天气") == ""
    assert field_of("品牌" * 20) == ""


def test_a_label_alone_is_nothing(read: Reader) -> None:
    """No value, no pair."""
    assert pairs_of(read("<p>品牌</p>")) == []
    assert first_pair(read("<p>x</p>"), "brand") is None
