"""Whole pages, from files written after wide-spread conventions."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crawlers.reading.document import Document
from crawlers.reading.facts import fen_of, kind_of
from crawlers.reading.locator import resolve
from crawlers.reading.page import read_page
from crawlers.reading.parsing import parse

Reader = Callable[..., Document]

PAGES = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "data" / "pages"
EXPECTED = json.loads((PAGES / "expected.json").read_text("utf-8"))
URL = "https://shop.example.test/item/9.html"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_title_and_price(name: str) -> None:
    """Title, shown price and struck price are right and sure."""
    want = EXPECTED[name]
    body = (PAGES / name).read_bytes()
    page = read_page(parse(body, url=URL))
    assert page.kind == "detail"
    facts = page.listings[0].facts
    title = next(fact for fact in facts if fact.field == "title")
    assert (title.value, title.confidence >= 50) == (want["title"], True)
    prices = [fact for fact in facts if fact.field == "price"]
    assert (fen_of(prices[0]), prices[0].confidence >= 50) == (want["fen"], True)
    assert prices[0].value["currency"] == want["currency"]  # type: ignore[index]
    if "struck" in want:
        assert want["struck"] in [fen_of(fact) for fact in prices if kind_of(fact) == "struck"]
    for fact in [*facts, *page.shop]:
        assert resolve(body, fact.locator, url=URL)[:4_000] == fact.raw


def test_two_equal_prices_are_unsure() -> None:
    """Unsure says unsure."""
    page = read_page(parse((PAGES / "two-prices.html").read_bytes(), url=URL))
    assert all(fact.confidence < 50 for fact in page.listings[0].facts if fact.field == "price")


def test_shell() -> None:
    """Nothing to read without a browser."""
    assert read_page(parse((PAGES / "client-shell.html").read_bytes(), url=URL)).needs_browser


def test_shown_and_told_price_are_both_kept() -> None:
    """The difference between the page and its data is of interest itself."""
    page = read_page(parse((PAGES / "price-in-data.html").read_bytes(), url=URL))
    shown = [(fen_of(f), f.method) for f in page.listings[0].facts if f.field == "price" and kind_of(f) == "shown"]
    assert shown == [(8900, "heuristic"), (9900, "json-ld")]


def test_stubs_of_a_list(read: Reader, cards: str) -> None:
    """Address, title and price of each card."""
    page = read_page(read(cards, title="全部商品", url="https://shop.example.test/all"))
    assert [stub.url for stub in page.listings] == [f"https://shop.example.test/item/{n}.html" for n in range(1, 5)]
    assert all(stub.is_stub for stub in page.listings)
    assert [(stub.facts[0].value, fen_of(stub.facts[1])) for stub in page.listings][:2] == [
        ("货品1号", 150),
        ("货品2号", 250),
    ]


def test_known_kind_is_followed_but_walls_stay(read: Reader) -> None:
    """A platform's address patterns win over the guess, not over a wall."""
    assert read_page(read("<h1>甲</h1><p>乙</p>"), "detail").kind == "detail"
    assert read_page(read("<p>请拖动滑块完成验证</p>"), "detail").kind == "captcha"
