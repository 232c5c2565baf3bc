"""A rule as its file says it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from supervision.rules.rule import Period, Rule
from supervision.rules.rule_catalogue import Catalogue

Reader = Callable[[str], dict[str, Any]]


def test_period_goes_by_the_day_in_china() -> None:
    """Both ends count; the day is China's."""
    period = Period.model_validate({"from": "2026-04-01", "to": "2026-04-30"})
    assert period.holds(datetime(2026, 3, 31, 16, 0, tzinfo=UTC))
    assert not period.holds(datetime(2026, 3, 31, 15, 59, tzinfo=UTC))
    assert period.holds(datetime(2026, 4, 30, 15, 59, tzinfo=UTC))
    assert not period.holds(datetime(2026, 4, 30, 16, 0, tzinfo=UTC))


def test_period_in_order() -> None:
    """An end before the beginning is refused."""
    with pytest.raises(ValidationError, match="on or after"):
        Period.model_validate({"from": "2026-04-02", "to": "2026-04-01"})


def test_law_goes_by_the_act_date(catalogue: Catalogue) -> None:
    """反不正当竞争法: art 8 before 2025-10-15, art 9 from then on."""
    rule = catalogue.get("UC01")
    before = [law.article for law in rule.law_at(datetime(2025, 10, 14, tzinfo=UTC)) if "竞争法" in law.act]
    after = [law.article for law in rule.law_at(datetime(2025, 10, 15, tzinfo=UTC)) if "竞争法" in law.act]
    assert (before, after) == (["第八条"], ["第九条"])


def broken(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A rule document with one fault."""
    match name:
        case "reason missing":
            document["reasons"] = {}
        case "unknown value in reason":
            document["reasons"]["term"]["zh"] = "{colour}"
        case "exemption twice":
            document["exemptions"].append(document["exemptions"][0])
        case "unknown field":
            document["colour"] = "red"
        case "no law":
            document["law"] = []
        case "confidence":
            document["law"][0]["confidence"] = "X"
        case "no English":
            document["advice"]["en"] = ""
        case _:
            document["version"] = "1"
    return document


@pytest.mark.parametrize(
    "fault",
    [
        "reason missing", "unknown value in reason", "exemption twice", "unknown field", "no law", "confidence",
        "no English", "version",
    ],
)  # fmt: skip
def test_faults_are_refused(document: Reader, fault: str) -> None:
    """A rule file with a fault is no rule."""
    with pytest.raises(ValidationError):
        Rule.model_validate(broken(document("AD01"), fault))


def test_terms(catalogue: Catalogue) -> None:
    """Term and countdown rules have terms, others none."""
    assert {"国家级", "最高级", "最佳"} <= set(catalogue.get("AD01").terms())
    assert "仅限今天" in catalogue.get("PR04").terms()
    assert catalogue.get("ID02").terms() == ()
