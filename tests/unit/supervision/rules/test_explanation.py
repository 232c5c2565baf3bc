"""What a person is shown of a hit."""

import json
from typing import Any

from kernel.models import RuleHit
from supervision.rules.explanation import around, explain, stored_explanation, stored_law
from supervision.rules.rule_catalogue import Catalogue


def test_explanation_is_whole(make: Any, catalogue: Catalogue) -> None:
    """Reason, sentence, article, exemptions with their sources, advice, and that it is a lead and no finding."""
    (hit,) = make.hits(
        make.listing(make.fact("description", "新到货。本店最佳茶叶，欢迎品尝。谢谢")), catalogue.get("AD01")
    )
    row = RuleHit(rule_id="AD01", rule_version=hit.rule.version, severity=hit.rule.severity, quote=hit.signal.quote)
    row.field, row.locator, row.law = "description", "css:p", stored_law(hit)
    row.explanation = json.loads(json.dumps(stored_explanation(hit)))
    shown = explain(row)
    assert (shown.before, shown.quote, shown.after) == ("本店", "最佳", "茶叶，欢迎品尝")
    assert shown.law[0]["article"] == "第九条第三项"
    assert shown.law[0]["confidence"] == "V"
    assert "线索" in shown.notice["zh"]
    assert "lead" in shown.notice["en"]
    assert {one.id for one in shown.exemptions} >= {"guide-4-not-an-ad", "guide-6-dated-fact"}
    assert any("第六条" in one.source for one in shown.exemptions)
    assert shown.values["term"] == "最佳"
    assert shown.advice["zh"]
    assert "最佳" in shown.reason["zh"]


def test_bare_rows_are_shown_too() -> None:
    """A hit without an explanation still says that it is a lead."""
    row = RuleHit(
        rule_id="AD01", rule_version="1", severity="low", quote="x", field="", locator="", law=[], explanation={}
    )
    assert explain(row).notice["zh"].startswith("这是线索")
    assert explain(row).exemptions == ()


def test_around() -> None:
    """The sentence is cut at its quote."""
    assert around("甲乙丙", "乙") == ("甲", "丙")
    assert around("甲乙丙", "丁") == ("", "")
    assert around("甲乙丙", "") == ("", "")
