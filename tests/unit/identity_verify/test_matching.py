"""Scores with reasons, and when a match is made without a person."""

import pytest

from identity_verify.company_name import parse
from identity_verify.matching import MOST_DOUBT, match
from identity_verify.name_index import NameEntry, NameIndex
from identity_verify.rarity import Rarity
from identity_verify.vocabulary import shipped

CODE, OTHER, UNKNOWN = "91310115XX0000019T", "92310104XX0000027L", "91310115XX00002460"
ENTRIES = [
    NameEntry(1, "上海青禾商贸有限公司", code=CODE, address="上海市测试路1号"),
    NameEntry(1, "上海禾苗商贸有限公司", former=True, code=CODE),
    NameEntry(2, "上海辰光食品有限公司", code=OTHER),
    NameEntry(3, "杭州云栖网络科技有限公司"),
    NameEntry(4, "宁波云栖网络科技有限公司"),
    NameEntry(5, "苏州锦程物流有限公司"),
]


@pytest.fixture(scope="module")
def index() -> NameIndex:
    """A small registry."""
    return NameIndex.of(ENTRIES)


@pytest.mark.parametrize(
    "shown",
    [
        "上海青禾商贸有限公司",
        "青禾商贸（上海）有限公司",
        "上海市青禾商貿有限公司",
        "上海青禾商贸有限公司旗舰店",
        "上海青禾商贸有限公司杭州分公司",
        "青禾商贸有限公司",
        "上海青禾有限公司",
        "上海清禾商贸有限公司",
        "上海青禾商贸",
        "上海青禾商贸有跟公司",
        "上每青禾商贸有限公司",
        "上海禾苗商贸有限公司",
        "qingheshangmao",
    ],
)
def test_one_firm_in_many_spellings(index: NameIndex, shown: str) -> None:
    """Each leads to the same subject without a person."""
    result = match(shown, index)
    assert (result.outcome, result.subject_id) == ("auto", 1), result


@pytest.mark.parametrize(
    "shown",
    [
        "上海青禾贸易有限公司",
        "北京青禾商贸有限公司",
        "上海青云商贸有限公司",
        "上海青禾商贸商行",
        "青禾旗舰店",
        "上海青禾云商贸有限公司",
    ],
)
def test_another_firm_is_never_taken_for_it(index: NameIndex, shown: str) -> None:
    """Another trade, place, sign or form: not without a person."""
    assert match(shown, index).outcome != "auto"


def test_two_that_fit_equally_are_for_a_person(index: NameIndex) -> None:
    """Without a region nobody can tell them apart; both are shown."""
    result = match("云栖网络科技有限公司", index)
    assert (result.outcome, result.because) == ("review", "close")
    assert {found.subject_id for found in result.candidates} == {3, 4}


def test_a_stranger_has_no_candidate(index: NameIndex) -> None:
    """Nothing worth showing."""
    assert match("成都玄武玩具有限公司", index).outcome == "none"
    assert match("", index).outcome == "none"


def test_a_code_decides_when_the_name_agrees(index: NameIndex) -> None:
    """Also a code that had to be read right, and one without a name beside it."""
    assert match("上海青禾", index, code=CODE).subject_id == 1
    assert match("云栖网络科技", index, code="913iO115XX0000019T").because == "code-of-another"
    assert match("", index, code=CODE).subject_id == 1
    assert (
        match("上海青禾食品有限公司", index, code=CODE).subject_id == 1
    )  # another trade: an old name, or a careless one
    assert match("上海青禾食品有限公司", index).outcome == "review"


def test_the_code_of_another_firm_is_for_a_person(index: NameIndex) -> None:
    """Name of one, code of another: a copied licence, or a rename we have not heard of."""
    result = match("上海辰光食品有限公司", index, code=CODE)
    assert (result.outcome, result.because) == ("review", "code-of-another")
    assert {found.subject_id for found in result.candidates} >= {1, 2}


def test_a_code_that_nobody_has_is_for_a_person(index: NameIndex) -> None:
    """The name fits a subject whose code is another one."""
    result = match("上海青禾商贸有限公司", index, code=UNKNOWN)
    assert (result.outcome, result.because) == ("review", "code-unknown")
    assert match("苏州锦程物流有限公司", index, code=UNKNOWN).outcome == "auto"  # a subject without a code


def test_an_address_adds_a_reason(index: NameIndex) -> None:
    """The same address speaks for it."""
    result = match("上海青禾商贸有限公司", index, address="上海市测试路 1 号")
    assert "address" in {reason.word for reason in result.candidates[0].reasons}


SIGNS = "鸿晟铭睿泽霖岚翊轩昊沐禹诚朗骏旭曦芯峯柏鼎尚冠桐优卓梵蕴沃琪"


@pytest.fixture(scope="module")
def large() -> NameIndex:
    """Many firms of two signs, so that what looks alike may do so by accident."""
    names = [
        f"{place}{first}{second}{trade}有限公司"
        for place in ("上海", "北京", "广州")
        for trade in ("商贸", "食品", "科技", "家具")
        for first in SIGNS
        for second in SIGNS[:20]
        if first != second
    ]
    return NameIndex.of([NameEntry(number, name) for number, name in enumerate(names)], vocabulary=shipped())


def test_a_slip_in_a_common_name_is_for_a_person(large: NameIndex) -> None:
    """Every pair of signs is somebody's 字号 there: a name with one sign wrong may be that of a firm we do not know."""
    result = match("上海鸿昊商茂有限公司", large)
    assert result.outcome != "none"
    wrong = match("上海红晟商贸有限公司", large)
    assert (wrong.outcome, wrong.because) == ("review", "common")
    assert MOST_DOUBT < wrong.doubt < 1
    told = next(reason for reason in wrong.candidates[0].reasons if reason.word == "look-alikes")
    assert int(told.right) >= 10_000


def test_a_sign_that_nobody_bears_is_misread() -> None:
    """Where fifty thousand signs were counted; among few names the same is for a person."""
    names = [f"上海{a}{b}商贸有限公司" for a in SIGNS for b in SIGNS if a != b]
    entries = [NameEntry(number, name) for number, name in enumerate(names)]
    few = NameIndex.of(entries, vocabulary=shipped())
    rarity = Rarity([parse(name) for name in names] * 40, total=len(names) * 40)
    many = NameIndex.of(entries, vocabulary=shipped(), rarity=rarity)
    assert match("上海鸿辶商贸有限公司", few).outcome == "review"
    assert match("上海鸿辶商贸有限公司", many).because != "below"


@pytest.mark.parametrize(
    "shown",
    [
        "昆山青禾商贸有限公司",
        "昆山市青禾商贸有限公司",
        "昆山青禾商贸有跟公司",
        "昆山青禾有限公司",
        "青禾商贸昆山)有限公司",
        "青禾(昆山商贸有限公司",
        "青禾青商贸(昆山)有限公司",
        "昆山青青禾商贸有限公司",
        "昆山禾青商贸有限公司",
    ],
)
def test_a_town_by_its_short_name(shown: str) -> None:
    """A place and a lost bracket, a doubled sign, swapped ones."""
    index = NameIndex.of([NameEntry(1, "昆山市青禾商贸有限公司"), NameEntry(2, "苏州辰光商贸有限公司")])
    assert match(shown, index).candidates[0].subject_id == 1


def test_a_town_may_be_a_core(index: NameIndex) -> None:
    """瑞安 is a town and a 字号: both readings are tried."""
    index = NameIndex.of([NameEntry(1, "上海瑞安青禾商贸有限公司")])
    assert match("瑞安青禾商贸有限公司", index).subject_id == 1


def test_the_province_instead_of_the_city_is_for_a_person() -> None:
    """Group firms differ just there; another sign beside the name settles it."""
    index = NameIndex.of([NameEntry(1, "杭州云栖科技有限公司", address="杭州测试路1号")])
    assert match("浙江云栖科技有限公司", index).outcome == "review"
    assert match("浙江云栖科技有限公司", index, address="杭州测试路1号").outcome == "auto"


def test_a_second_reading_is_tried_in_latin_letters() -> None:
    """长 is chang and zhang."""
    index = NameIndex.of([NameEntry(1, "上海长禾商贸有限公司")])
    assert match("changheshangmao", index).subject_id == 1
    assert match("zhangheshangmao", index).subject_id == 1
