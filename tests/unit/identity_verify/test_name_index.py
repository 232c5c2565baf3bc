"""The index of names."""

from identity_verify.company_name import parse
from identity_verify.name_index import CANDIDATES, LONG_BLOCK, NameEntry, NameIndex, packed
from identity_verify.vocabulary import shipped

SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def test_candidates_come_best_first() -> None:
    """The name that shares most keys leads; a stranger is not among them."""
    names = ["上海青禾商贸有限公司", "上海清河商贸有限公司", "北京青禾食品有限公司", "广州丁戊家具有限公司"]
    index = NameIndex.of([NameEntry(number, name) for number, name in enumerate(names)])
    found = index.candidates(parse("上海青禾商贸有限公司"))
    assert found[0] == 0
    assert 3 not in found


def test_codes_lead_to_all_names_of_a_subject() -> None:
    """Current and former."""
    code = "91310115XX0000019T"
    entries = [
        NameEntry(1, "上海青禾商贸有限公司", code=code),
        NameEntry(1, "上海禾苗商贸有限公司", former=True, code=code),
    ]
    index = NameIndex.of(entries)
    assert index.by_code("91310115XX0000019T") == [0, 1]
    assert index.by_code("") == []


def test_a_block_that_is_too_long_is_not_read_whole() -> None:
    """Hundreds of firms that share every key: few come back, and the matcher stays quick."""
    entries = [
        NameEntry(number, f"上海青禾({a}{b})商贸有限公司")
        for number, (a, b) in enumerate((a, b) for a in SIGNS for b in SIGNS)
    ]
    assert len(entries) > LONG_BLOCK
    index = NameIndex.of(entries, vocabulary=shipped())
    assert 0 < len(index.candidates(parse("上海青禾商贸有限公司"))) <= CANDIDATES


def test_parts_made_apart_are_the_whole() -> None:
    """Two processes may each pack half."""
    entries = [NameEntry(number, f"上海{a}{a}商贸有限公司") for number, a in enumerate(SIGNS)]
    parts = [packed(entries[:9], shipped(), start=0), packed(entries[9:], shipped(), start=9)]
    apart, whole = NameIndex(entries, parts, shipped()), NameIndex.of(entries, vocabulary=shipped())
    for entry in entries:
        assert apart.candidates(parse(entry.name))[0] == whole.candidates(parse(entry.name))[0] == entry.subject_id
