"""Keys that two spellings of one name share."""

import pytest

from identity_verify.company_name import parse
from identity_verify.name_keys import KEY_BITS, keys_of, latin_core

NAME = "上海青禾商贸有限公司"


@pytest.mark.parametrize(
    "shown",
    [
        "青禾商贸有限公司",
        "上海青禾有限公司",
        "上海青禾商贸",
        "上海清禾商贸有限公司",
        "上海青乙商贸有限公司",
        "上海乙禾商贸有限公司",
        "青禾（上海）商贸有限公司",
        "上每青禾商贸有限公司",
        "上海青禾商冒有限公司",
        "QINGHESHANGMAO",
        "shanghai qinghe shangmao",
        "青禾",
    ],
)
def test_spellings_meet(shown: str) -> None:
    """Whatever part is lost or wrong, another key finds the name."""
    assert set(keys_of(parse(shown))) & set(keys_of(parse(NAME)))


def test_a_long_core_is_found_without_one_sign() -> None:
    """Each sign may be wrong."""
    long = set(keys_of(parse("青禾云商贸有限公司")))
    for shown in ("禾云商贸有限公司", "青云商贸有限公司", "青禾商贸有限公司"):
        assert long & set(keys_of(parse(shown)))


def test_keys_fit_and_are_unique() -> None:
    """Each once, at most 40 bits."""
    keys = keys_of(parse(NAME))
    assert len(keys) == len(set(keys))
    assert max(keys) < 1 << KEY_BITS
    assert not set(keys) & set(keys_of(parse("北京丁戊食品店")))


def test_latin_forms_are_taken_off() -> None:
    """Co., Ltd and its spelling in pinyin."""
    assert latin_core("qinghe co.,ltd") == "qinghe"
    assert latin_core("qingheyouxiangongsi") == "qinghe"
    assert latin_core("inc") == "inc"
