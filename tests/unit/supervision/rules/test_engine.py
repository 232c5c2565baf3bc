"""Judging."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervision.rules.engine import applies, judge, judge_all, judge_text
from supervision.rules.rule import Rule
from supervision.rules.rule_catalogue import Catalogue, load_catalogue

AT = datetime(2026, 11, 25, tzinfo=UTC)


def test_try_a_text(catalogue: Catalogue) -> None:
    """A text typed by a person is judged like one on a page; notices are a shop's."""
    assert [hit.rule.id for hit in judge_text("国家级工艺，好评返现5元", catalogue, AT)] == ["AD01", "UC01"]
    (hit,) = judge_text("最终解释权归本店所有", catalogue, AT, field="notice")
    assert (hit.rule.id, hit.subject.kind) == ("CT02", "shop")
    assert {
        hit.signal.reason for hit in judge_text("个人做点小生意，无需办理登记", catalogue, AT, field="declaration")
    } == {"altered"}
    assert judge_text("可治疗脚气", catalogue, AT, category="药品") == ()


def test_law_of_the_day(make: Any, catalogue: Catalogue) -> None:
    """A subject is judged by the rules in force when its page was fetched."""
    old = make.listing(make.fact("promotion", "好评返现5元"))
    new = type(old)("listing", datetime(2017, 1, 1, tzinfo=UTC), old.facts)
    assert len(judge_all([old, new], catalogue, AT)) == 1


def test_scope(make: Any, catalogue: Catalogue, document: Any) -> None:
    """Subject kind, channel and category are all asked."""
    assert not applies(catalogue.get("ID02"), make.listing())
    pr05 = catalogue.get("PR05")
    assert applies(pr05, make.listing(category="食品"))
    assert not applies(pr05, make.listing(category="批发/食品"))
    made = document("AD02")
    made["scope"] = {"subjects": ["listing"], "channels": ["live"], "categories": {"only": ["食品"]}}
    rule = Rule.model_validate(made)
    assert applies(rule, make.listing(channel="live", category="食品/茶"))
    assert not applies(rule, make.listing(channel="live", category="服装"))
    assert not applies(rule, make.listing(channel="generic", category="食品/茶"))


@given(st.text(max_size=200))
def test_any_text_is_judged_without_error(text: str) -> None:
    """Hostile text gives hits or none, never an error; quotes are pieces of it."""
    catalogue = load_catalogue()
    for field in ("title", "notice", "declaration", "promotion"):
        for hit in judge_text(text, catalogue, AT, field=field):
            assert text[hit.signal.start : hit.signal.end] == hit.signal.quote


def test_nothing_on_nothing(make: Any, catalogue: Catalogue) -> None:
    """A subject without facts breaks no rule."""
    rules = catalogue.in_force(AT)
    assert judge(make.listing(), rules, AT) == ()
    assert judge(make.shop(), rules, AT) == ()
