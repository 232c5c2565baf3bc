"""The catalogue."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from supervision.errors import RuleFileError, UnknownRuleError
from supervision.rules.checks import CHECKS
from supervision.rules.engine import judge_text
from supervision.rules.rule_catalogue import FOLDER, Catalogue, load_catalogue, read_rule

RULES = {
    "ID01", "ID02", "ID03", "ID04", "ID05", "ID07", "ID10", "AD01", "AD02", "AD03", "AD09", "PR03", "PR04", "PR05",
    "CT02", "CT04", "UC01",
}  # fmt: skip
AT = datetime(2026, 11, 25, tzinfo=UTC)
Reader = Callable[[str], dict[str, Any]]
Writer = Callable[..., Path]


def test_the_rules_are_there(catalogue: Catalogue) -> None:
    """These rules, each with a check for its kind, an exemption with a source, and advice."""
    assert set(catalogue.rules) == RULES
    for rule in catalogue.rules.values():
        assert rule.detector.kind in CHECKS
        assert rule.exemptions
        assert rule.penalty
        assert all(exemption.source.confidence in "VSM" for exemption in rule.exemptions)


def test_rules_go_by_the_act_date(catalogue: Catalogue) -> None:
    """A rule is not applied to a day before it was in force."""
    assert {rule.id for rule in catalogue.in_force(AT).rules} == RULES
    assert {rule.id for rule in catalogue.in_force(datetime(2020, 1, 1, tzinfo=UTC)).rules} == {
        "AD01", "AD02", "AD03", "AD09", "CT04", "UC01",
    }  # fmt: skip
    assert catalogue.in_force(AT) is catalogue.in_force(datetime(2026, 11, 26, tzinfo=UTC))


def test_two_rules_on_one_fact_name_each_other(catalogue: Catalogue) -> None:
    """Written in one of the two, seen from both; nothing shown at all is one fact under ID01 and ID07."""
    for rule in catalogue.rules.values():
        for one in rule.same_fact:
            assert one.its_reason in catalogue.get(one.rule).reasons, rule.id
    ((rule_id, reason, note),) = catalogue.same_fact("ID01", "nothing-shown")
    assert (rule_id, reason) == ("ID07", "absent")
    assert catalogue.same_fact("ID07", "absent") == (("ID01", "nothing-shown", note),)
    assert "按一件事核查" in note.zh
    assert catalogue.same_fact("ID01", "not-in-registry") == catalogue.same_fact("ID07", "altered") == ()


def test_unknown_rule(catalogue: Catalogue) -> None:
    """An id that is not there is an error that lists those that are."""
    with pytest.raises(UnknownRuleError, match="AD01"):
        catalogue.get("ZZ99")


def test_a_new_rule_needs_only_a_file(document: Reader, rule_folder: Writer) -> None:
    """A rule of a kind that is there works from its file alone."""
    made = document("AD02")
    made |= {"id": "GD01", "exemptions": []}
    made["detector"] = {
        "kind": "term", "fields": ["title"], "groups": [{"name": "gear", "terms": ["电鱼器"]}],
    }  # fmt: skip
    catalogue = load_catalogue(rule_folder(GD01=made))
    (hit,) = judge_text("新款电 鱼 器 大功率", catalogue, AT, field="title")
    assert (hit.rule.id, hit.signal.quote) == ("GD01", "电 鱼 器")


def test_broken_files_say_what_is_wrong(document: Reader, rule_folder: Writer) -> None:
    """The message names file and field, the hint says where to look."""
    made = document("AD01")
    made["severity"] = "terrible"
    with pytest.raises(RuleFileError, match=r"AD01\.yml.*severity") as caught:
        load_catalogue(rule_folder(AD01=made))
    assert caught.value.context == {"file": "AD01.yml", "fields": ["severity"]}
    assert "docs/rules.md" in caught.value.hint


def test_not_yaml_and_not_a_mapping(rule_folder: Writer) -> None:
    """What is not YAML, or not a mapping, is no rule."""
    folder = rule_folder(AD01="a: [", AD02="just words")
    with pytest.raises(RuleFileError, match="YAML in AD01"):
        read_rule(folder / "AD01.yml")
    with pytest.raises(RuleFileError, match=r"a rule in AD02\.yml"):
        read_rule(folder / "AD02.yml")


def test_wrong_name_twice_and_none(document: Reader, rule_folder: Writer, tmp_path: Path) -> None:
    """The file is named for its rule; an id comes once; an empty folder is no catalogue."""
    folder = rule_folder(AD99=document("AD01"))
    with pytest.raises(RuleFileError, match="expected the id AD99"):
        read_rule(folder / "AD99.yml")
    rule = read_rule(FOLDER / "AD01.yml")
    with pytest.raises(RuleFileError, match="AD01 twice"):
        Catalogue([rule, rule])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RuleFileError, match="got none"):
        load_catalogue(empty)
