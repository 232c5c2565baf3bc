"""The parser of company names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.company_name import parse

ROWS = [
    # name, region, core, industry, form class
    ("上海青禾(测试)商贸有限公司", ("上海",), "青禾", "商贸", "limited"),
    ("青禾商贸(上海)有限公司", ("上海",), "青禾", "商贸", "limited"),
    ("青禾（上海）商贸有限公司", ("上海",), "青禾", "商贸", "limited"),
    ("上海市浦东新区川沙新镇青禾小吃店", ("上海市", "浦东新区", "川沙新镇"), "青禾", "小吃", "shop"),
    ("内蒙古呼和浩特市新城区大草原食品有限责任公司", ("内蒙古", "呼和浩特市", "新城区"), "大草原", "食品", "limited"),
    ("浙江省杭州市余杭区阿甲网络科技股份有限公司", ("浙江省", "杭州市", "余杭区"), "阿甲", "网络科技", "joint-stock"),
    ("江苏昆山青禾机械有限公司", ("江苏", "昆山"), "青禾", "机械", "limited"),
    ("青禾机械(昆山)有限公司", ("昆山",), "青禾", "机械", "limited"),
    ("上海青禾企业管理合伙企业(有限合伙)", ("上海",), "青禾", "企业管理", "partnership"),
    ("上海金山商贸有限公司", ("上海",), "金山", "商贸", "limited"),
    ("東莞市青禾電子商務有限公司", ("东莞市",), "青禾", "电子商务", "limited"),
    ("上海市闵行区青禾商行", ("上海市", "闵行区"), "青禾", "", "shop"),
    ("青禾蔬菜专业合作社", (), "青禾", "蔬菜", "cooperative"),
    ("青禾", (), "青禾", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "region", "core", "industry", "form"), ROWS)
def test_the_four_parts(name: str, region: tuple[str, ...], core: str, industry: str, form: str) -> None:
    """Region wherever it stands, trade before the form, and what is left is 字号."""
    parsed = parse(name)
    assert (parsed.region, parsed.core, parsed.industry, parsed.form_class) == (region, core, industry, form)


def test_places_are_understood() -> None:
    """A city says its province, a county its city where only one has that name."""
    parsed = parse("杭州余杭区青禾商贸有限公司")
    assert (parsed.province, parsed.city, parsed.county) == ("浙江", "杭州", "余杭区")
    assert parse("中国青禾商贸有限公司").province == ""


def test_branches_wrappers_and_notes_are_set_apart() -> None:
    """What is around a name does not change its parts."""
    plain = parse("上海青禾商贸有限公司")
    branch = parse("上海青禾商贸有限公司杭州第二分公司")
    assert (branch.branch, branch.stem, branch.region) == ("杭州第二分公司", plain.stem, plain.region)
    for shown in ("上海青禾商贸有限公司旗舰店", "【官方】上海青禾商贸有限公司", "企业名称：上海青禾商贸有限公司"):
        parsed = parse(shown)
        assert parsed.wrapper
        assert (parsed.text, parsed.stem) == (plain.text, plain.stem)
    assert parse("上海青禾(测试)商贸有限公司").notes == ("测试",)


def test_latin_names_are_known_as_such() -> None:
    """No Chinese character in it."""
    assert parse("Qinghe Trading Co., Ltd").latin
    assert not parse("青禾Qinghe商贸").latin
    assert not parse("").latin


@given(st.text(max_size=40))
def test_any_text_has_parts(text: str) -> None:
    """Nothing fails, and the parts are of the text."""
    parsed = parse(text)
    assert set(parsed.core + parsed.industry + parsed.form) <= set(parsed.text)


@given(st.sampled_from(ROWS), st.sampled_from(["", " ", "　"]))
def test_width_and_spaces_change_no_part(row: tuple[str, ...], space: str) -> None:
    """A name with spaces between all characters is the same name."""
    assert parse(space.join(row[0])).stem == parse(row[0]).stem
