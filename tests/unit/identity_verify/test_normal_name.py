"""Names in the form they are compared in."""

from hypothesis import given
from hypothesis import strategies as st

from identity_verify.normal_name import folded, normal_name, simplified


def test_width_script_brackets_and_spaces_do_not_count() -> None:
    """What printing changes is gone, what says something stays."""
    want = "上海青禾测试商贸有限公司"
    for shown in ("上海青禾（测试）商贸有限公司", "上 海 青禾(测试)商贸有限公司", "上海青禾【測試】商貿有限公司"):
        assert normal_name(shown) == want
    assert normal_name("ＡＢＣ 科技") == "abc科技"
    assert folded("［ＡＢ］　科技") == "(ab)科技"


def test_simplified_script_comes_back_as_it_is() -> None:
    """Only traditional characters are looked up."""
    assert simplified("乾坤商贸") == "乾坤商贸"
    assert simplified("貿易") == "贸易"
    assert simplified("abc") == "abc"


@given(st.text(max_size=40))
def test_normal_is_a_fixed_point(text: str) -> None:
    """Doing it twice changes nothing more, whatever comes in."""
    once = normal_name(text)
    assert normal_name(once) == once
