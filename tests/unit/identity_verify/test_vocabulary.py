"""Words of names: shipped ones, and those learnt from many names."""

from identity_verify.vocabulary import learnt_industries, shipped


def test_the_files_are_read() -> None:
    """Regions of three levels with their short names, trades, forms, wrappers."""
    words = shipped()
    assert words.regions["上海"].level == words.regions["上海市"].level == 1
    assert (words.regions["杭州"].province, words.regions["新疆"].province) == ("浙江", "新疆")
    assert words.regions["浦东新区"].province == "上海"
    assert "商贸" in words.industries
    assert words.forms["有限责任公司"] == "limited"
    assert words.wrapper_ends[0] == max(words.wrapper_ends, key=len)
    assert "昆山" in words.bare_towns
    assert "昆山" not in words.regions


def test_a_county_of_many_provinces_says_none() -> None:
    """鼓楼区 is in several; it must not decide a province."""
    assert shipped().regions["鼓楼区"].province == ""


def test_trades_are_learnt_from_many_names() -> None:
    """What stands at the end after ever new beginnings is a trade; pieces of it, 字号 and rare words are not."""
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地"
    stems = [a + b + c for a in signs for b in signs for c in ("露营装备", "食品", "商贸", "潮玩")]
    stems += [a + b + "罕见物" for a, b in zip(signs[:5], signs[5:10], strict=True)]
    assert learnt_industries(stems, frozenset({"商贸"})) == {"露营装备", "食品", "潮玩"}
    assert learnt_industries(stems[:100], frozenset()) == frozenset()


def test_more_trades_make_another_vocabulary() -> None:
    """The shipped one stays as it is."""
    more = shipped().with_industries(["极其冗长的一个行业名称词"])
    assert more.longest_industry == 12
    assert "极其冗长的一个行业名称词" not in shipped().industries
