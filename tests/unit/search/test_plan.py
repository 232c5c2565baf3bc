"""A query compiled for the engines."""

import pytest

from search.plan import (
    All,
    Between,
    Every,
    Filled,
    Run,
    Some,
    Term,
    Without,
    compile_filters,
    compile_query,
    every,
    scores,
)
from search.query import Value, parse


def test_words_look_into_title_description_and_names() -> None:
    """The title counts more."""
    plan = compile_query(parse("手机"))
    assert isinstance(plan, Some)
    assert [part.field for part in plan.parts if isinstance(part, Term)] == [
        "title_words",
        "description_words",
        "names_words",
    ]
    assert compile_query(parse("店铺:手机")) == Term("shop_words", "手机", 1.0)


def test_a_word_without_letters_is_a_phrase() -> None:
    """So that nothing typed is dropped silently."""
    assert compile_query(parse("…")) == compile_query(parse('"..."'))
    assert compile_query(parse("标题:！")) == Run("title_characters", "!")


def test_days_are_days_in_china() -> None:
    """From midnight to the last microsecond, UTC+8."""
    plan = compile_query(parse("updated:2026-01-01"))
    assert plan == Between("updated", 1_767_196_800_000_000, 1_767_283_199_999_999)
    assert compile_query(parse("updated:2026-01-01..")) == Between("updated", 1_767_196_800_000_000, None)
    assert compile_query(parse("price:1..2")) == Between("price", 100, 200)


def test_presence_and_exclusion() -> None:
    """Texts by a keyword of their own, other fields by their column."""
    assert compile_query(parse("title:*")) == Term("filled", "title")
    assert compile_query(parse("-price:*")) == Without(Filled("price"))


def test_every_and_scores() -> None:
    """All adds nothing; only words and phrases score."""
    assert every([All(), All()]) == All()
    assert every([All(), Filled("price")]) == Filled("price")
    assert isinstance(every([Filled("price"), Filled("sales")]), Every)
    assert [scores(compile_query(parse(text))) for text in ("手机", '"a" OR id:1', "-手机", "规则:*")] == [
        True,
        True,
        False,
        False,
    ]


def test_filters_are_any_of_their_values() -> None:
    """No values, no filter; the order of values does not matter."""
    plans = compile_filters({"rule": ["B", "A"], "shop": ["7"], "status": []})
    assert plans == {"rule": Some((Term("rule", "A"), Term("rule", "B"))), "shop": Term("shop_id", "7")}


def test_an_unknown_field_in_a_tree_is_a_fault() -> None:
    """Only the parser makes trees; a wrong one is refused."""
    with pytest.raises(KeyError):
        compile_query(Value("nonsense", "x"))
