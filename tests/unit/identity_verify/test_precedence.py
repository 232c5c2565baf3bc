"""The table of precedence: every field, who speaks on it, how values are held against one another."""

import pytest

from identity_verify.errors import FieldUnknownError
from identity_verify.precedence import SOURCES, rank, rule_of, table


def test_the_table_names_known_sources_once() -> None:
    """No source that nobody is, none twice; officers may speak on every field."""
    for field, rule in table().items():
        assert set(rule.sources) <= set(SOURCES), field
        assert len(rule.sources) == len(set(rule.sources)), field
        assert "officer" in rule.sources, field


def test_the_registry_has_the_word_on_what_it_registers() -> None:
    """And none on phones, which it does not keep."""
    for field in ("code", "name", "status", "address", "scope", "persons"):
        assert rank(field, "registry") == 0
    assert rank("phone", "officer") == 0
    with pytest.raises(FieldUnknownError):
        rank("phone", "registry")
    with pytest.raises(FieldUnknownError):
        rule_of("colour")


@pytest.mark.parametrize(
    ("field", "left", "right", "same"),
    [
        ("name", "上海青禾（测试）商贸有限公司", "上海青禾(测试)商贸有限公司", True),
        ("name", "上海青禾商贸有限公司", "上海青和商贸有限公司", False),
        ("address", "上海市浦东新区测试路1号", "上海浦东新测试路 1 ", True),
        ("address", "上海市浦东新区测试路1号", "上海市浦东新区测试路2号", False),
        ("persons", [["chair", "甲"], ["member", "乙"]], [["member", "乙"], ["chair", "甲"]], True),
        ("websites", ["a.example.test"], ["b.example.test"], False),
        ("status", "active", "revoked", False),
        ("capital_fen", 100, 100, True),
    ],
)  # fmt: skip
def test_values_agree_apart_from_how_they_are_written(field: str, left: object, right: object, same: bool) -> None:  # noqa: FBT001 - a column of the table
    """Each kind of comparison."""
    assert rule_of(field).agree(left, right) is same
