"""Amounts of money in text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.finder import MANY
from crawlers.reading.price import (
    MAX_FEN,
    NEGOTIABLE,
    currency_of,
    find_amounts,
    format_fen,
    parse_bare,
    parse_number,
    to_fen,
)


@pytest.mark.parametrize(
    ("text", "fen", "fen_max", "currency"),
    [
        ("¥1,299.00", 129900, None, "CNY"),
        ("￥ 12 .90", 1290, None, "CNY"),
        ("9.9元起", 990, None, "CNY"),
        ("1.2万元", 1200000, None, "CNY"),
        ("售价1-2万元", 1000000, 2000000, "CNY"),
        ("99-199元", 9900, 19900, "CNY"),
        ("¥99.00 ~ ¥129.00", 9900, 12900, "CNY"),
        ("￥1,299.00元 至 ￥1,399.00元", 129900, 139900, "CNY"),
        ("RMB 300", 30000, None, "CNY"),
        ("£51.77", 5177, None, "GBP"),
        ("12,99 €", 1299, None, "EUR"),
        ("1.299,00 €", 129900, None, "EUR"),
        ("1 299,00 zł", 129900, None, "PLN"),
        ("US$ 5", 500, None, "USD"),
        ("¥10-20%off", 1000, None, "CNY"),
        ("¥199-99", 19900, None, "CNY"),
    ],
)
def test_amounts_are_read(text: str, fen: int, fen_max: int | None, currency: str) -> None:
    """Each way to write an amount gives its 分."""
    amount = find_amounts(text)[0]
    assert (amount.fen, amount.fen_max, amount.currency) == (fen, fen_max, currency)


@pytest.mark.parametrize("text", ["2024-01-01", "销量1.2万件", "满200", "500ml", "", "¥", "元"])
def test_other_numbers_are_no_amounts(text: str) -> None:
    """A number without a currency mark is no amount."""
    assert find_amounts(text) == []


def test_a_mark_before_a_number_is_not_taken_as_one_behind_the_last() -> None:
    """The mark of the next line's amount belongs to that amount."""
    assert [amount.fen for amount in find_amounts("Lamp 7\n£12.00")] == [1200]


def test_unit_and_open_end() -> None:
    """元/斤 has a unit, 起 is the least of several."""
    assert find_amounts("39.8元/斤")[0].unit == "斤"
    assert find_amounts("¥3.00/100g")[0].unit == "100g"
    assert find_amounts("￥99起")[0].open_ended


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_written_amounts_read_back(fen: int) -> None:
    """What is written by us is read as the same amount."""
    for currency in ("CNY", "USD", "EUR"):
        (amount,) = find_amounts(format_fen(fen, currency))
        assert (amount.fen, amount.currency) == (fen, currency)


@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=1, max_value=10**9))
def test_written_ranges_read_back(first: int, second: int) -> None:
    """A range keeps its ends when they are in order."""
    low, high = sorted((first, second))
    amount = find_amounts(f"{format_fen(low)}-{format_fen(high)}")[0]
    assert (amount.fen, amount.fen_max) == (low, high)


def test_a_falling_range_is_its_first_number() -> None:
    """What follows is another amount's, its scale too."""
    (amount,) = find_amounts("¥1~0万")[:1]
    assert (amount.fen, amount.fen_max, amount.start, amount.end) == (100, None, 0, 2)


@given(st.text(alphabet="¥￥元$€ 0123456789.,-~起万/斤\n满减x", max_size=80))
def test_amounts_never_overlap_and_never_raise(text: str) -> None:
    """Amounts stand in order, apart from one another, within the text."""
    end = 0
    for amount in find_amounts(text):
        assert end <= amount.start < amount.end <= len(text)
        assert 0 <= amount.fen <= MAX_FEN
        end = amount.end


@given(st.text(max_size=30))
def test_bare_amounts_never_raise(text: str) -> None:
    """Any text is an amount or none."""
    amount = parse_bare(text)
    assert amount is None or amount.fen >= 0


def test_bare_amounts() -> None:
    """A bare number is an amount when it is all there is."""
    assert parse_bare("1,299")
    amount = parse_bare(" 3,999.50 ")
    assert amount is not None
    assert amount.fen == 399950
    assert parse_bare("3 件") is None
    assert parse_bare("¥5 省") is None


def test_numbers_out_of_bounds_are_refused() -> None:
    """A number too large for a price is none."""
    assert to_fen("9" * 18) is None
    assert to_fen("x") is None
    assert parse_number("1.2.3") is not None
    assert parse_number("abc") is None


def test_currency_marks() -> None:
    """Known marks have their code, unknown ones the default."""
    assert currency_of("US$") == "USD"
    assert currency_of("rmb") == "CNY"
    assert currency_of("??", "EUR") == "EUR"


@pytest.mark.parametrize("text", ["面议", "价格面议", "电话询价", "按图纸报价", "Call for price"])
def test_no_amount_given(text: str) -> None:
    """Words that stand in place of an amount."""
    assert NEGOTIABLE.search(text)


@given(
    st.lists(
        st.sampled_from(["¥", "12", "元", " ", ".5", "\n", "99-199元", "RMB", "字", "２", "US$ ", "s."]), max_size=9
    )
)
def test_a_text_full_of_digits_is_read_the_same_way(parts: list[str]) -> None:
    """Whether digits are listed once or looked for by each pattern, the amounts are the same."""
    text = "".join(parts)
    assert find_amounts(f"{text}\n字\n{'7、' * (MANY + 1)}") == find_amounts(f"{text}\n字\n")
