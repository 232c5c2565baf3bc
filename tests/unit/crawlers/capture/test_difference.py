"""Two looks compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.capture.difference import MAX_LINES, View, compare, decode, prices_of, texts_of, title_of

PAGE = "<html><head><title>店 &amp; 铺</title><style>.a{}</style></head><body><script>var x='¥1'</script><h1>茶</h1>"


def _view(text: str, **changes: object) -> View:
    values = {
        "status": 200,
        "url": "http://shop.example.test/",
        "title": title_of(text),
        "texts": texts_of(text),
        "body_sha256": "00",
        "certificate": "",
        "remote_address": "127.0.0.1",
    }
    return View(**{**values, **changes})  # type: ignore[arg-type]


def test_equal_looks_differ_in_nothing() -> None:
    """Everything is named as the same."""
    found = compare(_view(PAGE), _view(PAGE))
    assert found["different"] == []
    assert found["text_only_in_first"] == {"count": 0, "texts": []}


def test_what_differs_is_named_with_both_sides() -> None:
    """Price, text, status, address and certificate each show."""
    first = _view(PAGE + "<b>￥1,299.00</b>", certificate="aa")
    second = _view(PAGE + "<b>￥999</b><p>缺货</p>", status=404, remote_address="::1")
    found = {item["what"]: item for item in compare(first, second)["different"]}  # type: ignore[attr-defined]
    assert set(found) == {"status", "prices", "text", "certificate_sha256", "remote_address"}
    assert (found["prices"]["first"], found["prices"]["second"]) == (["￥1,299.00"], ["￥999"])
    assert compare(first, second)["text_only_in_second"] == {"count": 2, "texts": ["￥999", "缺货"]}


def test_long_lists_are_cut_and_counted() -> None:
    """At most so many pieces, with the number of all."""
    many = _view(PAGE + "".join(f"<p>行{n}</p>" for n in range(100)))
    found = compare(many, _view(PAGE))["text_only_in_first"]
    assert (found["count"], len(found["texts"])) == (100, MAX_LINES)  # type: ignore[index]


def test_text_is_what_is_shown() -> None:
    """Scripts and styles are no text; entities are read."""
    assert title_of(PAGE) == "店 & 铺"
    assert texts_of(PAGE) == ("茶",)
    assert prices_of(("价 ￥ 12.50 起", "3 元", "12.50")) == ("￥12.50", "3元")


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("茶".encode("gbk"), "text/html; charset=gbk", "茶"),
        ('<meta charset="gb2312">茶'.encode("gb2312"), "text/html", '<meta charset="gb2312">茶'),
        ("茶".encode(), "", "茶"),
        ("茶".encode("gb18030"), "text/html; charset=nonsense", "茶"),
        (b"\xff\xff\xff\x00\x81", "", "\ufffd\ufffd\ufffd\x00\ufffd"),
    ],
)
def test_documents_are_decoded(body: bytes, kind: str, text: str) -> None:
    """By the header, by their own word, or by what fits."""
    assert decode(body, kind) == text


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_compare(one: str, other: str) -> None:
    """Same and different together name every point, whatever the texts hold."""
    found = compare(_view(one), _view(other))
    named = [*found["same"], *(item["what"] for item in found["different"])]  # type: ignore[misc, attr-defined]
    assert sorted(named) == sorted(set(named))
    assert len(named) == 8
