"""Identifiers: published vectors, and that every single wrong character is seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.identifiers import (
    USCC_ALPHABET,
    check_registration_number,
    check_uscc,
    new_id,
    organisation_check_character,
    uscc_check_character,
)

VALID = [
    "91330100799655058B",
    "9144030071526726XG",
    "914403001922038216",
    "91110000802100433B",
    "91110302562134916R",
    "91110108551385082Q",
    "91110108562144110X",
    "9152000071430580XT",
    "91440400192548256N",
    "91440300192317458F",
    "91440300192181490G",
    "91350100M000100Y43",
    "91310115XX0000019T",
    "92310104XX0000027L",
    "93310120XX0000035H",
    "91310115XX00002460",
]
MISREMEMBERED = ["91210200724266767B", "91310105086186386W", "91110108MA01PKPH9R"]
NUMBERS = [
    "440301103448669",
    "440301103097413",
    "110108002734659",
    "110108012660422",
    "330000000014187",
    "330100400013364",
    "310115000123456",
    "310104600000015",
    "310115400000095",
]


@pytest.mark.parametrize("code", VALID)
def test_published_codes_pass(code: str) -> None:
    """Codes published by their owners, and synthetic ones, have right check digits."""
    assert check_uscc(code).ok


@pytest.mark.parametrize("code", MISREMEMBERED)
def test_wrong_check_digit_is_named(code: str) -> None:
    """A wrong last character is a check-digit failure and the right one is told."""
    check = check_uscc(code)
    assert (check.ok, check.reason) == (False, "check-digit")
    assert check_uscc(code[:-1] + check.expected).reason != "check-digit"


def test_second_check_digit_counts() -> None:
    """A code with a right last character and a wrong organisation code is refused."""
    assert check_uscc("91330100799655059E").reason == "organisation-code"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "length"),
        ("9133010079965505", "length"),
        ("91330100799655058I", "alphabet"),
        ("9A330100799655058B", "check-digit"),
        ("91A30100799655058B", "alphabet"),
        ("91330100799655058b", "alphabet"),
    ],
)
def test_malformed_codes_say_why(code: str, reason: str) -> None:
    """Length and alphabet are told apart from check digits."""
    assert check_uscc(code).reason == reason


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_every_single_error_is_seen(code: str, place: int, char: str) -> None:
    """Changing one character of a valid code never gives another valid code."""
    changed = code[:place] + char + code[place + 1 :]
    assert check_uscc(changed).ok == (changed == code)


@given(st.text(USCC_ALPHABET, min_size=8, max_size=8), st.sampled_from(["310115", "110108"]))
def test_made_codes_pass(body: str, division: str) -> None:
    """A code made with both check characters passes."""
    first = "91" + division + body + organisation_check_character(body)
    assert check_uscc(first + uscc_check_character(first)).ok


@pytest.mark.parametrize("number", NUMBERS)
def test_registration_numbers_pass(number: str) -> None:
    """15-digit numbers with right check digits pass."""
    assert check_registration_number(number).ok


@given(st.sampled_from(NUMBERS), st.integers(0, 14), st.sampled_from("0123456789"))
def test_registration_number_errors_are_seen(number: str, place: int, digit: str) -> None:
    """Changing one digit of a valid number never gives another valid number."""
    changed = number[:place] + digit + number[place + 1 :]
    assert check_registration_number(changed).ok == (changed == number)


def test_registration_number_form() -> None:
    """Wrong length and non-digits are told apart."""
    assert check_registration_number("1").reason == "length"
    assert check_registration_number("31011500012345X").reason == "alphabet"


def test_ids_are_unique_and_sorted_by_time() -> None:
    """Ids made later do not sort before the first millisecond of earlier ones."""
    ids = [new_id("job") for _ in range(100)]
    assert len(set(ids)) == 100
    assert [name[:16] for name in ids] == sorted(name[:16] for name in ids)
