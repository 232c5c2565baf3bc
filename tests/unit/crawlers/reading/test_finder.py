"""A pattern asked only where it can begin finds what it finds when asked everywhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading import details, licence, page_kind
from crawlers.reading.finder import MANY, SHORT, Finder, digit_places, has_number

PATTERN = r"(?:^|\n)(?:店铺|shop)[:：](?P<value>\w{1,4})"


def test_matches_do_not_overlap() -> None:
    """What one match took is not looked at again."""
    finder = Finder("(?:ab|b)+", "[ab]")
    assert [match.group(0) for match in finder.finditer("xababxb")] == ["abab", "b"]


def test_the_very_start_is_tried() -> None:
    """A pattern that may begin at the start of the text needs no character there."""
    finder = Finder("(?:^|,)x", ",(?=x)")
    assert [match.span() for match in finder.finditer("x,x")] == [(0, 1), (1, 3)]


def test_search_gives_the_first_or_none() -> None:
    """As ``re`` does."""
    finder = Finder("b", "b")
    match = finder.search("abb")
    assert match is not None
    assert match.span() == (1, 2)
    assert finder.search("a") is None


@given(st.text(alphabet="店铺shopſ:：\n ab", max_size=30))
def test_same_as_re(text: str) -> None:
    """Flags count for the pattern, and nothing is lost."""
    finder = Finder(PATTERN, r"\n(?=[店sSſ])", flags=re.IGNORECASE)
    plain = re.compile(PATTERN, re.IGNORECASE)
    for whole in (text, text + SHORT * "、", SHORT * "、" + text, text + MANY * "\nx"):
        assert [match.span() for match in finder.finditer(whole)] == [match.span() for match in plain.finditer(whole)]


@pytest.mark.parametrize("first", ["[a-z]", r"[\w]", ".", "ab(?=c)", ""])
def test_a_first_character_is_plain(first: str) -> None:
    """What cannot be looked for as a character is refused when the pattern is made."""
    with pytest.raises(ValueError, match="plain characters"):
        Finder("ab", first)


def test_digits_are_told_once_and_only_where_few() -> None:
    """Every kind of digit; none told where they are too many to be worth a list."""
    assert digit_places("a1２٣、") == (1, 2, 3)
    assert digit_places("7" * (MANY + 1)) is None
    assert len(digit_places("7" * MANY) or ()) == MANY


WORDS = (
    "月销 1.2万+", "累计销量：30", "销量 3", "已售 5", "已拼 9", "成交 7", "近30天售出 8", "售出 6", "12 人付款",
    "3件已售", "9 sold", "库存 3", "现货 2", "剩余库存 4", "余量 1", "仅剩 2", "还剩 2", "5 in stock", "满 30 减",
    "第二件", "买一送", "限时", "仅限今天", "今日特价", "秒杀", "立减", "最后 3 天", "距结束", "倒计时", "8.5折",
    "活动时间", "评分 4.5", "4.8 分", "联系电话：0571-88886666", "客服 400-123-4567", "电 话 13800000000",
    "tel. 010-12345678", "许可证编号：SC12345", "零字第12-34号", "个人销售自产农副产品", "依法不需要办理登记",
    "无需登记", "零星小额交易", "免于办理登记", "不必办理营业执照", "滑动验证", "Captcha", "VERIFY you are human",
)  # fmt: skip
FINDERS = {
    "sales": details._SALES, "stock": details._STOCK, "promotion": details._PROMOTION, "rating": details._RATING_WORDS,
    "contact": licence._CONTACT, "permit": licence._PERMIT_LINE, "declaration": licence._DECLARATION,
    "captcha": page_kind._CAPTCHA,
}  # fmt: skip


@pytest.mark.parametrize("name", FINDERS)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=8).map("".join))
def test_every_first_character_is_told(name: str, text: str) -> None:
    """The first characters given to each finder leave out no match of its pattern."""
    finder = FINDERS[name]
    for whole in (text, text + SHORT * "、", SHORT * "、" + text, text + (MANY + 1) * "0、"):
        plain = finder.pattern.finditer(whole)
        assert [match.span() for match in finder.finditer(whole)] == [match.span() for match in plain]


@pytest.mark.parametrize(
    ("text", "found"), [("", False), ("12 34", True), ("12  34", False), ("1", False), ("0" * (MANY + 1), True)]
)
def test_digits_near_one_another(text: str, *, found: bool) -> None:
    """Four digits within five characters; a text full of digits has some."""
    assert has_number(text, 4, 5) is found
