"""Options ticked on load."""

from typing import Any

import pytest

from supervision.rules.checks.preselected_option import amount_in
from supervision.rules.rule_catalogue import Catalogue


def option(make: Any, label: str, fen: int | None, *, checked: bool = True) -> Any:
    """An option of a listing."""
    return make.fact("option", {"label": label, "checked": checked, "fen": fen}, label)


@pytest.mark.parametrize(
    ("label", "fen", "amount"),
    [
        ("碎屏险", 1990, "19.90"),
        ("加购清洁套装 +¥9.9", None, "9.90"),
        ("加购贴膜 5元", None, "5.00"),
        ("延保一年", None, "—"),
    ],
)
def test_paid_and_ticked(make: Any, catalogue: Catalogue, label: str, fen: int | None, amount: str) -> None:
    """With an amount, one in the label, or a label that says it costs money."""
    (hit,) = make.hits(make.listing(option(make, label, fen)), catalogue.get("CT04"))
    assert hit.signal.values == {"quote": label, "label": label, "amount": amount}


@pytest.mark.parametrize(
    ("label", "fen", "checked"),
    [
        ("碎屏险", 1990, False),
        ("运费险", 0, True),
        ("运费险（商家承担）", 100, True),
        ("免费贺卡", None, True),
        ("我已阅读并同意会员服务协议", None, True),
        ("红色", None, True),
        ("运费险 ¥0.00元", None, True),
    ],
)
def test_near_misses(make: Any, catalogue: Catalogue, label: str, fen: int | None, checked: bool) -> None:  # noqa: FBT001 - a parameter
    """Not ticked, free, an agreement, or a plain choice of colour."""
    assert make.hits(make.listing(option(make, label, fen, checked=checked)), catalogue.get("CT04")) == []


def test_same_label_once(make: Any, catalogue: Catalogue) -> None:
    """One option read twice is one hit; a text that is no option is none."""
    twice = make.listing(option(make, "碎屏险", 1990), option(make, "碎屏 险", 1990), make.fact("option", "碎屏险"))
    assert len(make.hits(twice, catalogue.get("CT04"))) == 1


def test_amount_in() -> None:
    """Amounts are exact."""
    pattern = "[+加]?[¥￥]([0-9]+(?:\\.[0-9]{1,2})?)"
    assert amount_in("＋￥19.99", pattern) == 1999
    assert amount_in("无", pattern) is None
    assert amount_in("甲乙", "(甲)") is None
