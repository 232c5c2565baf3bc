"""Rule files: those of ours can be used; what is wrong in one is named."""

from pathlib import Path

import pytest

from exchange.quality.errors import DataSetUnknownError, QualityRuleError
from exchange.quality.rule_set import SEVERITIES, data_sets, read_rules, rule_set

GOOD = """data_set: some
title: {zh: 甲, en: some}
key: id
rules:
  - {id: DQ-S-01, field: id, check: required, basis: 甲 4, tag: D, says: {zh: 甲, en: a}}
  - {id: DQ-S-02, field: id, check: unique, severity: notice, basis: 甲 5, tag: D, says: {zh: 乙, en: b}, days: 3}
"""


@pytest.mark.parametrize("data_set", data_sets())
def test_our_files(data_set: str) -> None:
    """Each rule says field, standard, how well we know it, who answers and until when; ids are unique over all."""
    rules = rule_set(data_set)
    for rule in rules.rules:
        assert rule.basis
        assert rule.tag in "VSMCD"
        assert rule.severity in SEVERITIES
        assert rule.unit
        assert rule.days > 0
        assert rule.zh != rule.en
        assert rules.rule(rule.id) is rule
    assert rules.rule("DQ-NONE-01") is None


def test_ids_are_unique_over_all_files() -> None:
    """A number names one rule."""
    ids = [rule.id for name in data_sets() for rule in rule_set(name).rules]
    assert len(set(ids)) == len(ids)


def test_a_file(tmp_path: Path) -> None:
    """Fields, days by severity or as given, the check over the whole set without a compiled one."""
    (tmp_path / "some.yml").write_text(GOOD, "utf-8")
    rules = rule_set("some", tmp_path)
    assert rules.fields == ("id",)
    assert [(rule.days, rule.unit, rule.look is None) for rule in rules.rules] == [
        (5, "source", False),
        (3, "source", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("check: required", "check: nosuch", "DQ-S-01"),
        ("DQ-S-02", "DQ-S-01", "each id once"),
        ("data_set: some", "data_set: other", "data_set some"),
        ("tag: D", "tag: Q", "tag"),
        ("key: id", "key: [", "YAML"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The message names the place."""
    (tmp_path / "some.yml").write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(QualityRuleError, match=said):
        read_rules(tmp_path / "some.yml")


def test_no_such_data_set() -> None:
    """It says which there are."""
    with pytest.raises(DataSetUnknownError, match="penalty"):
        rule_set("nosuch")
