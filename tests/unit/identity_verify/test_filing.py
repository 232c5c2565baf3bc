"""Filings as signals: forms, what sites of one subject share, contradictions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.filing import Filing, contradicts, read_filing, written


@pytest.mark.parametrize(
    ("shown", "filing"),
    [
        ("沪ICP备15025210号", Filing("icp-filing", "31", "15025210")),
        ("沪ICP备13001734号-2", Filing("icp-filing", "31", "13001734", "2")),
        ("备案号：沪ICP备2020037843号", Filing("icp-filing", "31", "2020037843")),
        ("沪 ICP 备 20009443 号-3A", Filing("icp-filing", "31", "20009443", "3", "app")),
        ("沪icp备20009443号-4x", Filing("icp-filing", "31", "20009443", "4", "mini-program")),
        ("京ICP证030173号", Filing("icp-licence", "11", "030173")),
        ("沪B2-20200123", Filing("icp-licence", "31", "B2-20200123")),
        ("沪公网安备31011502000001号", Filing("police-filing", "31", "31011502000001", division="310115")),
        ("沪公网安备3101150200001", Filing("police-filing", "31", "3101150200001")),
    ],
)
def test_known_forms(shown: str, filing: Filing) -> None:
    """Ten digits since 2020, suffixes of sites, licences told from filings."""
    assert read_filing(shown) == filing


def test_sites_of_one_subject_share_a_key() -> None:
    """The number after the dash tells sites apart, not subjects."""
    first, second = read_filing("沪ICP备13001734号-1"), read_filing("沪ICP备13001734号-2")
    assert first is not None
    assert second is not None
    assert first.subject_key == second.subject_key


def test_a_police_number_of_another_province_contradicts_itself() -> None:
    """The division inside is held against the sign before it."""
    odd = read_filing("沪公网安备11010502000001号")
    even = read_filing("沪公网安备31011502000001号")
    assert odd is not None
    assert even is not None
    assert (contradicts(odd), contradicts(even)) == ("province", "")


@given(st.text(max_size=40))
def test_other_texts_are_no_filing(text: str) -> None:
    """Nothing fails; what is read has digits."""
    found = read_filing(text)
    assert found is None or any(character.isdigit() for character in found.number)


@pytest.mark.parametrize(
    "shown", ["沪ICP备00000101号", "京ICP证000101号", "浙B2-20000101", "沪公网安备31011500000101号"]
)
def test_a_key_is_written_as_pages_show_it(shown: str) -> None:
    """From text to key and back; what is the key of no filing stays."""
    found = read_filing(shown)
    assert found is not None
    assert written(found.subject_key) == shown
    for other in ("021-00000101", "icp-filing:99:1", "icp-filing:31:", "https://a.example.test"):
        assert written(other) == other
