"""The token and its record."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.control_token import TOKEN, new_token, read_record, record_name, record_text

DAY = date(2027, 11, 25)
TOKEN_A = "abcdefghijklmnopqrstuv2345"


def test_tokens_are_128_bits_and_never_twice() -> None:
    """26 characters of base32, a thousand different ones."""
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert all(TOKEN.fullmatch(token) for token in made)


@given(st.dates())
def test_what_is_written_is_read(day: date) -> None:
    """Round trip."""
    token = new_token()
    record = read_record(record_text(token, day))
    assert record is not None
    assert (record.token, record.expires_on) == (token, day)


@given(st.text(max_size=80))
def test_any_text_is_a_record_or_none(text: str) -> None:
    """Nothing is raised."""
    record = read_record(text)
    assert record is None or TOKEN.fullmatch(record.token)


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        (f"token={TOKEN_A}", True),
        (f"token={TOKEN_A.upper()} expiry=2027-11-25", True),
        (f"token={TOKEN_A} expiry=2027-11-25 note=x", True),
        (f"expiry=2027-11-25 token={TOKEN_A}", False),
        (f"token={TOKEN_A} token={TOKEN_A}", False),
        (f"token={TOKEN_A} expiry=25.11.2027", False),
        (f'"token={TOKEN_A}"', False),
        (f"token＝{TOKEN_A}", False),
        ("token=short", False),
        ("v=spf1 -all", False),
        ("", False),
    ],
)
def test_the_form_is_strict(text: str, understood: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Token first, each key once, ASCII, ISO days; unknown keys are let through."""
    assert (read_record(text) is not None) == understood


def test_where_the_record_stands() -> None:
    """Below the name, under the label."""
    assert record_name("shop.example.test") == "_scjg-challenge.shop.example.test"
