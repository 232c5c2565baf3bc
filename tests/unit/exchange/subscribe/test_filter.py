"""Conditions: what they let through, and which are refused."""

import pytest

from exchange.subscribe.errors import SubscribeError
from exchange.subscribe.filter import MAX_FILTERS, meets, require_filters

ROW = {"name": "上海甲(测试)有限公司", "day": "2026-11-25", "state": "active", "none": None, "count": 5}


@pytest.mark.parametrize(
    ("op", "field", "value", "expected"),
    [
        ("eq", "state", "active", True),
        ("eq", "state", "revoked", False),
        ("in", "state", ["revoked", "active"], True),
        ("not", "state", ["revoked"], True),
        ("not", "state", "active", False),
        ("prefix", "name", ["北京", "上海"], True),
        ("contains", "name", "测试", True),
        ("contains", "name", ["餐饮"], False),
        ("gte", "day", "2026-11-25", True),
        ("gte", "day", "2026-11-26", False),
        ("lte", "day", "2026-11-25", True),
        ("eq", "none", "None", False),
        ("eq", "absent", "x", False),
        ("eq", "count", "5", True),
    ],
)
def test_conditions(op: str, field: str, value: object, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    """One by one."""
    filters = require_filters([{"field": field, "op": op, "value": value}], [*ROW, "absent"])
    assert meets(ROW, filters) is expected


def test_all_have_to_be_met() -> None:
    """None at all lets everything through."""
    fields = list(ROW)
    yes, no = {"field": "state", "op": "eq", "value": "active"}, {"field": "state", "op": "eq", "value": "x"}
    assert meets(ROW, require_filters([yes, yes], fields))
    assert not meets(ROW, require_filters([yes, no], fields))
    assert meets(ROW, [])


@pytest.mark.parametrize(
    "item",
    [
        {},
        "x",
        {"field": "secret", "op": "eq", "value": "1"},
        {"field": "state", "op": "regex", "value": ".*"},
        {"field": "state", "op": "eq", "value": ""},
        {"field": "state", "op": "eq", "value": []},
        {"field": "state", "op": "eq", "value": [1]},
        {"field": "state", "op": "in", "value": ["x"] * 501},
        {"field": "state", "op": "eq", "value": "x", "more": 1},
    ],
)
def test_what_is_not_understood_is_refused(item: object) -> None:
    """Nor a field outside the scope: a filter would tell what it holds."""
    with pytest.raises(SubscribeError):
        require_filters([item], list(ROW))


def test_there_is_a_limit() -> None:
    """So many conditions and no more."""
    with pytest.raises(SubscribeError):
        require_filters([{"field": "state", "op": "eq", "value": "x"}] * (MAX_FILTERS + 1), list(ROW))
