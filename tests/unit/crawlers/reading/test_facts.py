"""Making facts."""

from collections.abc import Callable

from crawlers.reading.document import Document
from crawlers.reading.facts import MAX_RAW, clean, element_fact, fen_of, kind_of, price_value, range_fact, text_fact
from crawlers.reading.price import Amount
from kernel.facts import Fact

Reader = Callable[..., Document]


def test_text_is_one_clean_line() -> None:
    """White space is collapsed and control characters go."""
    assert clean(" 甲\n\t乙\x00\x85丙 ") == "甲 乙 丙"


def test_raw_and_value_are_bounded() -> None:
    """Long texts are cut to their limits."""
    fact = text_fact("title", "长" * 9_000, "title:", "heuristic")
    assert (len(str(fact.value)), len(fact.raw)) == (500, MAX_RAW)


def test_ranges_shrink_to_their_text(read: Reader) -> None:
    """White space at the ends is not part of a fact."""
    document = read("<p>甲 乙</p>")
    fact = range_fact(document, "brand", 1, 3)
    assert (fact.raw, fact.locator) == ("乙", "text:2-3")
    assert element_fact(document, "title", document.css("p")[0]).raw == "甲 乙"


def test_price_values() -> None:
    """A price value has all its keys; without amount its 分 are null."""
    value = price_value("shown", Amount(5, "USD", 0, 1, unit="斤"), sku="红")
    assert value == {"kind": "shown", "fen": 5, "fen_max": None, "currency": "USD", "unit": "斤", "sku": "红"}
    none = Fact("price", price_value("shown", None), "面议", "text:0-2", "heuristic")
    assert (fen_of(none), kind_of(none)) == (None, "shown")
    text = Fact("title", "甲", "甲", "title:", "heuristic")
    assert (fen_of(text), kind_of(text)) == (None, "")
