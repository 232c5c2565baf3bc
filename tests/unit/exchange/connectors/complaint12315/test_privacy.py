import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.complaint12315.privacy import HIDDEN, hidden


@pytest.mark.parametrize(
    "secret",
    [
        "13800000000",
        "138 0000 0000",
        "138-0000-0000",
        "１３８００００００００",
        "021-00000000",
        "31011519990230001X",
        "310115 19990230 001X",
        "6200000000000000000",
        "6200 0000 0000 0000 000",
        "nobody.1@example.test",
        "ｎｏｂｏｄｙ＠ｅｘａｍｐｌｅ．ｔｅｓｔ",
        "微信号：wx_test_99",
        "VX:wxtest99",
        "QQ号 123456",
    ],
)
def test_numbers_and_addresses_are_hidden(secret: str) -> None:
    """Whatever separators and widths they are written in; the words around stay."""
    told = hidden(f"请联系{secret}，谢谢。")
    assert HIDDEN in told
    assert told.startswith("请联系")
    assert told.endswith("，谢谢。")
    assert not re.search(r"\d{5}|example|wx", told)


@pytest.mark.parametrize(
    "plain", ["标价99.90元", "2026年11月25日购买", "2026-11-25下单", "共3件，每件1200元", "保质期365天"]
)
def test_prices_and_days_stay(plain: str) -> None:
    """What a complaint is about must be readable."""
    assert hidden(plain) == plain


@given(st.text(alphabet="我的电话是，。 -x", max_size=20), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_mobile_numbers_never_slip_through(words: str, number: str) -> None:
    """Anywhere in a text."""
    assert number not in hidden(f"{words}{number}{words}")


@given(st.text())
def test_hiding_twice_is_hiding_once(text: str) -> None:
    """What is stored and read again stays as it is."""
    assert hidden(hidden(text)) == hidden(text)
