"""What an address says for a candidate."""

import pytest

from identity_verify.company_name import parse
from identity_verify.matching import match
from identity_verify.name_index import NameEntry, NameIndex
from identity_verify.shown_address import address_reasons
from identity_verify.vocabulary import shipped

REGISTERED = "杭州市西湖区测试路1号201室"


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        ("杭州市西湖区测试路1号201室", "address"),
        ("杭州市 西湖区测试路１号２０１室", "address"),
        ("西湖区测试路1号201室", "address-near"),
        ("杭州市西湖区测试路1号", "address-near"),
        ("浙江省杭州市余杭区另路9号", "address-place"),
        ("宁波市海曙区另路9号", "address-elsewhere"),
        ("另路9号", ""),
        ("测试路", ""),
        ("", ""),
    ],
)
def test_an_address_speaks_for_or_against(shown: str, word: str) -> None:
    """The same, nearly the same, the same city, another city, or nothing."""
    found = address_reasons(shown, REGISTERED, parse("杭州云栖科技有限公司"), shipped())
    assert [reason.word for reason in found] == ([word] if word else [])


def test_the_province_of_the_name_is_enough() -> None:
    """A name of a province fits an address in any of its cities; a name without a place says nothing."""
    shown = "杭州市余杭区另路9号"
    assert address_reasons(shown, "", parse("浙江云栖科技有限公司"), shipped())[0].word == "address-place"
    assert address_reasons(shown, "", parse("云栖科技有限公司"), shipped()) == ()


def test_a_name_without_a_place_is_told_by_the_address() -> None:
    """Two firms fit the name, one fits the address; an address in a third city settles nothing."""
    index = NameIndex.of([NameEntry(1, "杭州云栖科技有限公司"), NameEntry(2, "宁波云栖科技有限公司")])
    assert match("云栖科技有限公司", index).because == "close"
    assert match("云栖科技有限公司", index, address="宁波市海曙区另路9号").subject_id == 2
    assert match("云栖科技有限公司", index, address="温州市另路9号").outcome == "review"
