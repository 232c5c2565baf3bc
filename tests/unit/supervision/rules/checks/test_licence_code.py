"""Licence codes."""

from typing import Any

import pytest

from supervision.rules.checks.licence_code import bare_code, candidate, check_code
from supervision.rules.rule_catalogue import Catalogue


@pytest.mark.parametrize(
    "shown",
    [
        "91310115XX0000019T", "91310115xx0000019t", "9131 0115 XX00 0001 9T", "91310115-XX0000019T",
        "９１３１０１１５ＸＸ０００００１９Ｔ", "91350100M000100Y43", "440301103448669", "9131****XX0000019T", "",
    ],
)  # fmt: skip
def test_right_or_unreadable_codes(make: Any, catalogue: Catalogue, shown: str) -> None:
    """Right codes in any writing, old numbers, masked and empty ones are no hit."""
    assert make.hits(make.shop(make.fact("licence_code", shown)), catalogue.get("ID02")) == []


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ("91310115XX0000019X", "check-digit"),
        ("91330100799655059E", "organisation-code"),
        ("91310115XX000001", "length"),
        ("440301103448660", "check-digit"),
        ("9I310115XX0000019T", "alphabet"),
        ("91210200724266767B", "check-digit"),
    ],
)
def test_wrong_codes(make: Any, catalogue: Catalogue, shown: str, reason: str) -> None:
    """Each fault has its reason, and the code is quoted."""
    (hit,) = make.hits(make.shop(make.fact("licence_code", shown)), catalogue.get("ID02"))
    assert (hit.signal.reason, hit.signal.quote) == (reason, shown)
    assert shown in hit.reason()["zh"]


def test_same_code_once_and_unsure_never(make: Any, catalogue: Catalogue) -> None:
    """A code on two pages is one hit; one the extractor is unsure of is none."""
    bad = make.fact("licence_code", "91310115XX0000019X", "统一社会信用代码：91310115XX0000019X")
    again = make.fact("licence_code", "91310115 XX0000019X")
    (hit,) = make.hits(make.shop(bad, again), catalogue.get("ID02"))
    assert hit.signal.quote == "91310115XX0000019X"
    unsure = make.fact("licence_code", "91310115XX0000019X", confidence=30)
    assert make.hits(make.shop(unsure), catalogue.get("ID02")) == []


def test_example_formats_are_exempt(make: Any, catalogue: Catalogue) -> None:
    """A code given as an example of the form is nobody's code."""
    example = make.fact("licence_code", "91310115XX0000019X", "示例：91310115XX0000019X")
    assert make.hits(make.shop(example), catalogue.get("ID02")) == []


def test_parts() -> None:
    """Writing is undone; a look-alike is offered only where it is valid."""
    assert bare_code("９１ 31-01") == "913101"
    assert check_code("310115000123456").ok
    assert candidate("9I3IOII5XX0000019T") == "91310115XX0000019T"
    assert candidate("91310115XX0000019X") == "—"
