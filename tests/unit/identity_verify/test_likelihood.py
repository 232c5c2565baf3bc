"""How much likelier one firm is meant than another."""

import pytest

from identity_verify.company_name import parse
from identity_verify.likelihood import weight
from identity_verify.name_score import Reason, score
from identity_verify.rarity import Rarity

REGISTERED = "上海青禾云商贸有限公司"
NAMES = ["上海青禾商贸有限公司", "上海辰光食品有限公司", "杭州云栖科技有限公司", "北京晟景食品股份有限公司"] * 50
RARITY = Rarity(map(parse, NAMES), total=len(NAMES))


def _weight(shown: str, registered: str = REGISTERED, *, former: bool = False) -> float:
    left, right = parse(shown), parse(registered)
    return weight(left, right, score(left, right, former=former), RARITY)


@pytest.mark.parametrize(
    "shown",
    [
        "青禾云商贸有限公司",
        "上海青禾云有限公司",
        "上海青禾云商贸",
        "上海青禾运商贸有限公司",
        "上海清禾云商贸有限公司",
        "上海禾青云商贸有限公司",
        "上海青禾云商冒有限公司",
        "上每青禾云商贸有限公司",
        "上海青禾云商贸公司",
        "上海青禾云商贸有跟公司",
        "上海青云商贸有限公司",
        "上海青青禾云商贸有限公司",
        "上海玄禾云商贸有限公司",
        "上海青禾云商贸(乙)有限公司",
        "北京青禾云商贸有限公司",
        "上海青禾云食品有限公司",
        "qingheyunshangmao",
    ],
)
def test_whatever_is_left_out_or_wrong_says_less(shown: str) -> None:
    """The whole name weighs most."""
    assert _weight(shown) < _weight(REGISTERED)


def test_what_contradicts_weighs_less_than_what_is_left_out() -> None:
    """Another place is worse than none, another trade than none, a former name than the current one."""
    assert _weight("北京青禾云商贸有限公司") < _weight("青禾云商贸有限公司")
    assert _weight("上海青禾云食品有限公司") < _weight("上海青禾云有限公司")
    assert _weight(REGISTERED, former=True) < _weight(REGISTERED)
    assert _weight("上海玄禾云商贸有限公司") < _weight("上海清禾云商贸有限公司")


def test_rare_parts_say_more() -> None:
    """A place, a trade and a form that few have."""
    assert _weight("杭州青禾云商贸有限公司", "杭州青禾云商贸有限公司") > _weight(REGISTERED)
    assert _weight("上海青禾云玩具有限公司", "上海青禾云玩具有限公司") > _weight(REGISTERED)
    assert _weight("上海青禾云商贸股份有限公司", "上海青禾云商贸股份有限公司") > _weight(REGISTERED)
    assert _weight("上海玄冥云商贸有限公司", "上海玄冥云商贸有限公司") > _weight(REGISTERED)


def test_a_place_more_or_less_in_letters() -> None:
    """In Latin script the place says as much as in Chinese."""
    assert _weight("shanghaiqingheyunshangmao") > _weight("qingheyunshangmao")


def test_a_place_of_another_level_and_one_that_is_not_registered() -> None:
    """Both say little."""
    assert _weight("浙江云栖科技有限公司", "杭州云栖科技有限公司") < _weight(
        "杭州云栖科技有限公司", "杭州云栖科技有限公司"
    )
    assert _weight("杭州云栖科技有限公司", "云栖科技有限公司") < _weight("云栖科技有限公司", "云栖科技有限公司")


def test_what_stands_beside_the_name_counts() -> None:
    """A code nearly decides; an address says much; words of shops say nothing."""
    name = parse(REGISTERED)
    code, address, wrapper = (weight(name, name, [Reason(word, 0)], RARITY) for word in ("code", "address", "wrapper"))
    assert code > address > wrapper == 0
