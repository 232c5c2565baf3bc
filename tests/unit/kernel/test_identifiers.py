"""Identifiers: published vectors, and that every single wrong character is seen."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.identifiers import (
    USCC_ALPHABET,
    check_organisation_code,
    check_registration_number,
    check_uscc,
    new_id,
    organisation_check_character,
    uscc_check_character,
    uscc_parts,
    uuid7,
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


@given(st.sampled_from(VALID), st.data())
def test_swapped_characters_are_seen(code: str, data: st.DataObject) -> None:
    """Any two characters changed places, but for the first and the last, which have one weight."""
    left, right = data.draw(st.lists(st.integers(0, 17), min_size=2, max_size=2, unique=True).map(sorted))
    swapped = list(code)
    swapped[left], swapped[right] = swapped[right], swapped[left]
    changed = "".join(swapped)
    if changed == code or (left, right) == (0, 17):
        return
    assert not check_uscc(changed).ok


def test_the_swap_that_the_standard_cannot_see() -> None:
    """First and last character have the same weight: MOD 31 does not see them change places."""
    code = "9152000071430580XT"
    swapped = code[17] + code[1:17] + code[0]
    assert uscc_check_character(swapped[:17]) == swapped[17]


@pytest.mark.parametrize(
    ("first", "name"), [("A", "中央军委改革和编制办公室"), ("N", "农业农村"), ("Y", "其他"), ("9", "市场监督管理")]
)
def test_letters_lead_a_code_as_well_as_digits(first: str, name: str) -> None:
    """Authorities A, N and Y register subjects too; an abolished division (南汇) is no fault."""
    body = f"{first}1310119XX000001"
    body += organisation_check_character(body[8:16])
    code = body + uscc_check_character(body)
    assert check_uscc(code).ok
    parts = uscc_parts(code)
    assert (parts.authority_name, parts.division, parts.organisation) == (name, "310119", body[8:17])


@pytest.mark.parametrize("code", ["D2143569-X", "XX000000-0", "XX000006-X", "799655058", "71526726X"])
def test_organisation_codes_pass(code: str) -> None:
    """With the hyphen and without it."""
    assert check_organisation_code(code).ok


@pytest.mark.parametrize(
    ("code", "reason"),
    [("D2143569-Y", "check-digit"), ("D2143569", "length"), ("D2143*69X", "alphabet"), ("d2143569-X", "alphabet")],
)
def test_organisation_code_faults(code: str, reason: str) -> None:
    """What is wrong with it, in a word."""
    assert check_organisation_code(code).reason == reason


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


def test_uuids_sort_by_time() -> None:
    """Version 7, variant 2, and text order is time order."""
    at = datetime(2026, 11, 25, 8, tzinfo=UTC)
    made = [uuid7(at + timedelta(milliseconds=number)) for number in range(50)]
    assert made == sorted(made)
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, RFC_4122)}
    assert uuid7(at) != uuid7(at)
