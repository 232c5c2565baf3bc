"""Contexts around a fact."""

from datetime import UTC, datetime

import pytest

from supervision.rules.context import SENTENCE_ENDS, Scene, bounds, squeeze
from supervision.rules.parameters import Context
from supervision.rules.subject import SeenFact, Subject

AT = datetime(2026, 11, 25, tzinfo=UTC)


def scene(text: str, quote: str, *others: SeenFact, category: str = "", shop: tuple[SeenFact, ...] = ()) -> Scene:
    """A quote in a description."""
    fact = SeenFact("description", text, text, AT, AT)
    start = text.index(quote)
    subject = Subject("listing", AT, (fact, *others), shop_facts=shop, category=category)
    return Scene(subject, fact, start, start + len(quote), extra=(("kind", "shown"),))


def named(field: str, value: str) -> SeenFact:
    """A short text fact."""
    return SeenFact(field, value, value, AT, AT)


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("sentence", "包邮,〔最佳〕赏味期"),
        ("clause", "〔最佳〕赏味期"),
        ("text", "好茶。包邮,〔最佳〕赏味期。谢谢"),
        ("category", "食品/茶叶"),
        ("brand", "清 源".replace(" ", "")),
        ("seller", "测试店"),
        ("field", "description"),
        ("kind", "shown"),
        ("label", ""),
    ],
)
def test_texts(within: str, expected: str) -> None:
    """Each named text, folded and without spaces, the term in marks and in its normal form."""
    made = scene("好茶。 包邮，最*佳 赏味期。谢谢", "最*佳", named("brand", "清 源"), category="食品 / 茶葉",
                 shop=(named("seller_name", "测试店"),))  # fmt: skip
    assert made.text(within) == expected


def test_all_and_none() -> None:
    """All patterns must be found, none of the others."""
    made = scene("2024年测试商场销量第一", "销量第一")
    assert made.holds(Context(all=("20[0-9]{2}年", "商场")))
    assert not made.holds(Context(all=("20[0-9]{2}年", "超市")))
    assert not made.holds(Context(all=("20[0-9]{2}年",), none=("商场",)))


def test_inside_a_name() -> None:
    """A match inside a brand's name where that stands is told apart from the same word elsewhere."""
    context = Context(inside=("brand", "seller_name"))
    brand = named("brand", "第一香")
    assert scene("第一香花生", "第一", brand).holds(context)
    assert not scene("第一香是第一，本店", "第一，", brand).holds(context)
    assert scene("第一坊手工麻花", "第一", shop=(named("seller_name", "第一坊"),)).holds(context)
    assert not scene("第一坊手工麻花", "第一").holds(context)


def test_bounds_and_reading_sentence() -> None:
    """A sentence ends at its marks, or after a good length without any."""
    text = "一。二最佳三！四"
    assert text[slice(*bounds(text, 3, 5, SENTENCE_ENDS))] == "二最佳三"
    long = "甲" * 1000
    first, last = bounds(long, 500, 502, SENTENCE_ENDS)
    assert (first, last) == (300, 702)
    assert scene(text, "最佳").sentence == "二最佳三"
    assert squeeze(" Ａ　b \n") == "ab"
