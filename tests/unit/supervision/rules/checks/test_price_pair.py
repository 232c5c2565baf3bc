"""List price against detail price."""

from datetime import timedelta
from typing import Any

import pytest

from supervision.rules.checks.price_pair import yuan
from supervision.rules.rule_catalogue import Catalogue


def test_lower_list_price(make: Any, catalogue: Catalogue) -> None:
    """Both prices are told, the detail price is quoted."""
    (hit,) = make.hits(make.listing(make.price(9900, slot="list"), make.price(12900)), catalogue.get("PR03"))
    assert hit.signal.values["list_price"] == "99.00"
    assert hit.signal.values["detail_price"] == "129.00"
    assert hit.signal.quote == "¥129.00"


@pytest.mark.parametrize(
    ("listed", "own"),
    [
        ({"fen": 12900}, {"fen": 12900}),
        ({"fen": 13900}, {"fen": 12900}),
        ({"fen": 9900, "raw": "¥99.00起"}, {"fen": 12900}),
        ({"fen": 9900, "raw": "新人价¥99.00"}, {"fen": 12900}),
        ({"fen": 9900, "raw": "券后¥99.00"}, {"fen": 12900}),
        ({"fen": 9900, "kind": "range"}, {"fen": 12900}),
        ({"fen": 9900, "kind": "member"}, {"fen": 12900}),
        ({"fen": None}, {"fen": 12900}),
        ({"fen": 9900}, {"fen": None}),
        ({"fen": 9900}, {"fen": 12900, "kind": "range"}),
        ({"fen": 9900, "sku": "小"}, {"fen": 12900, "sku": "大"}),
        ({"fen": 9900, "unit": "斤"}, {"fen": 12900, "unit": "箱"}),
    ],
)
def test_near_misses(make: Any, catalogue: Catalogue, listed: dict[str, Any], own: dict[str, Any]) -> None:
    """Equal or higher, "from", newcomer, coupon, member, range, other SKU or unit."""
    facts = (make.price(listed.pop("fen"), slot="list", **listed), make.price(own.pop("fen"), **own))
    assert make.hits(make.listing(*facts), catalogue.get("PR03")) == []


def test_cheapest_sku_counts(make: Any, catalogue: Catalogue) -> None:
    """A list price without SKU is held against the lowest price on the page."""
    rule = catalogue.get("PR03")
    small, big = make.price(9900, sku="小"), make.price(12900, sku="大")
    assert make.hits(make.listing(make.price(9900, slot="list"), small, big), rule) == []
    (hit,) = make.hits(make.listing(make.price(8900, slot="list"), small, big), rule)
    assert hit.signal.values["sku"] == "小"


def test_captures_must_belong_together(make: Any, catalogue: Catalogue) -> None:
    """60 seconds, or one visit and a remark."""
    rule, late = catalogue.get("PR03"), make.at + timedelta(seconds=61)
    listed = make.price(9900, slot="list", visit_id=1)
    apart = make.price(12900, last_seen_at=late, visit_id=2)
    assert make.hits(make.listing(listed, apart), rule) == []
    (hit,) = make.hits(make.listing(listed, make.price(12900, last_seen_at=late, visit_id=1)), rule)
    assert "重新成对取证" in hit.reason()["zh"]
    near = make.price(12900, last_seen_at=make.at + timedelta(seconds=60), visit_id=2)
    (hit,) = make.hits(make.listing(listed, near), rule)
    assert "重新成对取证" not in hit.reason()["zh"]


def test_same_pair_once_and_yuan(make: Any, catalogue: Catalogue) -> None:
    """The same pair from two list pages is one hit."""
    facts = (make.price(9900, slot="list"), make.price(9900, slot="list#2"), make.price(12900))
    assert len(make.hits(make.listing(*facts), catalogue.get("PR03"))) == 1
    assert (yuan(5), yuan(123456)) == ("0.05", "1234.56")
