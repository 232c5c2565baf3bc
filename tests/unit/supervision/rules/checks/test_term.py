"""Terms in texts."""

from typing import Any

from supervision.rules.rule_catalogue import Catalogue


def test_first_uncovered_place_is_told_once(make: Any, catalogue: Catalogue) -> None:
    """An exempt place does not hide a later bare one; the same term is told once a field."""
    text = "最佳赏味期三天。本品最佳，真的最佳。"
    (hit,) = make.hits(make.listing(make.fact("description", text)), catalogue.get("AD01"))
    assert (hit.signal.start, hit.signal.quote) == (text.index("本品") + 2, "最佳")
    assert hit.signal.sentence == "本品最佳，真的最佳"


def test_longest_term_counts(make: Any, catalogue: Catalogue) -> None:
    """Of overlapping terms only the longest is told."""
    (hit,) = make.hits(make.listing(make.fact("title", "全网最低价")), catalogue.get("AD01"))
    assert hit.signal.quote == "全网最低价"


def test_list_pages_and_shops_are_not_ads_of_the_goods(make: Any, catalogue: Catalogue) -> None:
    """A stub's title is judged on its own page; AD01 is about listings."""
    assert make.hits(make.listing(make.fact("title", "最佳", slot="list")), catalogue.get("AD01")) == []
    assert make.hits(make.shop(make.fact("notice", "最佳")), catalogue.get("AD01")) == []


def test_category_decides(make: Any, catalogue: Catalogue) -> None:
    """The same claim on food is a hit, on a drug it is none."""
    claim = make.fact("description", "用于治疗脚气")
    rule = catalogue.get("AD03")
    assert make.hits(make.listing(claim, category="食品"), rule)
    assert not make.hits(make.listing(claim, category="药品/外用"), rule)


def test_patent_number_may_stand_elsewhere(make: Any, catalogue: Catalogue) -> None:
    """Number and kind anywhere in the listing's texts will do."""
    claim, rule = make.fact("title", "专利保温杯"), catalogue.get("AD09")
    assert make.hits(make.listing(claim), rule)
    number = make.fact("description", "实用新型专利，专利号：ZL202620000000.0")
    assert not make.hits(make.listing(claim, number), rule)


def test_doubtful_spaces_need_leave(make: Any, catalogue: Catalogue) -> None:
    """南极 品牌 is two words; 专 利 is not, whatever it touches."""
    assert not make.hits(make.listing(make.fact("title", "南极 品牌内衣")), catalogue.get("AD01"))
    assert make.hits(make.listing(make.fact("title", "拥有专 利保护")), catalogue.get("AD09"))
