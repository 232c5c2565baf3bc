"""Scores with reasons, and when a match is made without a person."""

import pytest

from identity_verify.company_name import parse
from identity_verify.matching import SURE, match, score
from identity_verify.name_index import NameEntry, NameIndex

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


def _words(shown: str, registered: str) -> dict[str, int]:
    return {reason.word: reason.points for reason in score(parse(shown), parse(registered))}


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


@pytest.mark.parametrize(
    ("shown", "registered", "word"),
    [
        ("上海青禾商贸有限公司", "上海青禾商贸有限公司", "whole-name"),
        ("上海清禾商贸有限公司", "上海青禾商贸有限公司", "core-sound"),
        ("上海末来商贸有限公司", "上海未来商贸有限公司", "core-shape"),
        ("上海青禾贸易有限公司", "上海青禾商贸有限公司", "industry-differs"),
        ("上海青禾有限公司", "上海青禾商贸有限公司", "industry-missing"),
        ("上海青禾商贸有限公司", "上海青禾有限公司", "industry-extra"),
        ("北京青禾商贸有限公司", "上海青禾商贸有限公司", "region-differs"),
        ("宁波青禾商贸有限公司", "杭州青禾商贸有限公司", "region-differs"),
        ("浙江青禾商贸有限公司", "杭州青禾商贸有限公司", "region-wider"),
        ("青禾商贸有限公司", "上海青禾商贸有限公司", "region-missing"),
        ("上海青禾商贸公司", "上海青禾商贸有限公司", "form-near"),
        ("上海青禾商贸", "上海青禾商贸有限公司", "form-missing"),
        ("上海青禾商贸有限公司", "上海青禾商贸股份有限公司", "form-differs"),
        ("上海青禾商贸有跟公司", "上海青禾商贸有限公司", "form-misspelt"),
        ("上每青禾商贸有限公司", "上海青禾商贸有限公司", "region-misspelt"),
        ("上海青禾商贸有限公司旗舰店", "上海青禾商贸有限公司", "wrapper"),
        ("上海青禾商贸有限公司北京分公司", "上海青禾商贸有限公司", "branch"),
        ("上海青禾(甲)商贸有限公司", "上海青禾(乙)商贸有限公司", "note-differs"),
        ("上海青禾商贸有限公司", "上海青禾(乙)商贸有限公司", "note-missing"),
        ("上海青禾乙商贸有限公司", "上海青禾(乙)商贸有限公司", "core"),
        ("qinghe trading", "上海青禾商贸有限公司", "pinyin-differs"),
    ],
)  # fmt: skip
def test_every_difference_has_its_word(shown: str, registered: str, word: str) -> None:
    """So that a page can say why."""
    assert word in _words(shown, registered)


def test_points_add_up_and_say_what_stands_where() -> None:
    """The score is the sum of the reasons; each has both sides."""
    reasons = score(parse("上海清禾商贸有限公司"), parse("上海青禾商贸有限公司"), former=True)
    assert sum(reason.points for reason in reasons) == 440 + 200 + 150 + 100 - 10
    assert reasons[0].as_dict() == {"word": "core-sound", "points": 440, "left": "清", "right": "青"}
    assert SURE > 440 + 200 + 85 + 100  # a homophone and no region is not enough
