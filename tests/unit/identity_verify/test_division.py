"""Divisions: mergers are known, what is unknown or gone is no fault."""

from datetime import date

from identity_verify.division import abbreviations, district, name_of, provinces, same_place, today_of

NOW = date(2026, 11, 25)


def test_districts_that_are_gone_lead_to_what_took_their_place() -> None:
    """南汇, 卢湾, 闸北 and the county of 崇明."""
    for old, new in (("310119", "310115"), ("310103", "310101"), ("310108", "310106"), ("310230", "310151")):
        row = district(old)
        assert row is not None
        assert not row.stood_on(NOW)
        assert row.stood_on(date(2005, 1, 1))
        assert today_of(old, NOW) == new
        assert same_place(old, new, NOW)
        assert not same_place(old, new, date(2005, 1, 1))
    row = district("310151")
    assert row is not None
    assert not row.stood_on(date(2016, 1, 1))


def test_what_the_table_does_not_have_comes_back() -> None:
    """A code of elsewhere is shown by its province, one of nowhere as it is."""
    assert name_of("310115") == "上海浦东新区"
    assert name_of("330106") == "浙江"
    assert name_of("990000") == "990000"
    assert today_of("330106", NOW) == "330106"


def test_provinces_have_their_signs() -> None:
    """Each sign is of a province; 34 of them."""
    assert len(provinces()) == 34
    assert set(abbreviations().values()) <= set(provinces())
