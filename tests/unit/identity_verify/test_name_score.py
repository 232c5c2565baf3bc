"""Points for each part of a name, with reasons."""

import pytest

from identity_verify.company_name import parse
from identity_verify.matching import SURE
from identity_verify.name_score import score


def _words(shown: str, registered: str) -> dict[str, int]:
    return {reason.word: reason.points for reason in score(parse(shown), parse(registered))}


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
        ("青禾(上每)商贸有限公司", "青禾(上海)商贸有限公司", "region-misspelt"),
        ("天每青禾商贸有限公司", "上海青禾商贸有限公司", "region-differs"),
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
    assert SURE > 500 + 110 + 150 - 50  # another trade is never made up for by the rest
