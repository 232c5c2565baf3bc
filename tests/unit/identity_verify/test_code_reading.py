"""Reading shown codes: corrections with their reasons, and no guess between two."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.code_reading import LEFT_OUT, read_code
from kernel.identifiers import USCC_ALPHABET, check_uscc, organisation_check_character, uscc_check_character

CODE = "91310115XX0000019T"
SYNTHETIC = [CODE, "92310104XX0000027L", "93310120XX0000035H", "91310115XX00002460"]
TWINS = {"1": "I", "0": "O", "2": "Z", "5": "S", "U": "V", "Y": "V"}


def _made(first: str, body: str) -> str:
    organisation = body + organisation_check_character(body)
    return first + organisation + uscc_check_character(first + organisation)


codes = st.builds(_made, st.sampled_from(["91310115", "92310104", "N1310119", "Y1310120"]), st.text(USCC_ALPHABET, min_size=8, max_size=8))  # fmt: skip # noqa: E501 - one strategy


@pytest.mark.parametrize("code", SYNTHETIC)
def test_a_right_code_is_valid_however_it_is_written(code: str) -> None:
    """Width, case, spaces and dashes are form, and said so."""
    assert read_code(code).verdict == "valid"
    assert read_code(code).readings[0].corrections == ()
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in f"{code[:8]}-{code[8:]}") + " "
    reading = read_code(wide.lower())
    assert (reading.verdict, reading.code, reading.original) == ("valid", code, wide.lower())
    assert [made.why for made in reading.readings[0].corrections] == ["form"]


@given(codes, st.data())
def test_letters_that_cannot_stand_there_are_put_back(code: str, data: st.DataObject) -> None:
    """Whatever was misread for its twin comes back right, or several readings are kept and none is chosen."""
    places = [place for place, letter in enumerate(code) if letter in TWINS]
    wrong = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True)) if places else []
    if not wrong:
        return
    shown = "".join(TWINS[letter] if place in wrong else letter for place, letter in enumerate(code))
    reading = read_code(shown)
    assert reading.verdict in {"corrected", "ambiguous"}
    assert code in {found.code for found in reading.readings}
    assert (reading.code == code) == (reading.verdict == "corrected")
    chosen = next(found for found in reading.readings if found.code == code)
    assert {made.place - 1 for made in chosen.corrections} == set(wrong)
    assert all(made.after in LEFT_OUT[made.before] for made in chosen.corrections)


@given(codes, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_a_single_wrong_character_is_never_taken(code: str, place: int, letter: str) -> None:
    """It is not valid and not corrected; at most a suggestion for a person."""
    shown = code[:place] + letter + code[place + 1 :]
    if shown == code:
        return
    reading = read_code(shown)
    assert reading.verdict in {"suggested", "invalid"}
    assert not reading.code
    assert all(check_uscc(found.code).ok for found in reading.readings)


def test_two_valid_readings_are_kept_and_none_is_chosen() -> None:
    """Several V that can be U and Y, when two ways pass both checks, are for a person."""
    ambiguous = 0
    for letters in product("UY", repeat=6):
        code = _made("91310115", "".join(letters) + "00")
        reading = read_code(code[:8] + code[8:14].replace("U", "V").replace("Y", "V") + code[14:])
        assert code in {found.code for found in reading.readings}
        if reading.verdict == "ambiguous":
            ambiguous += 1
            assert reading.code == ""
            assert len(reading.readings) >= 2
        else:
            assert reading.code == code
    assert ambiguous


def test_too_many_readings_are_not_tried() -> None:
    """Looking at some of them would make a guess of the one that is found first."""
    reading = read_code("91310115VVVVVVVVV9")
    assert (reading.verdict, reading.readings) == ("invalid", ())


@given(st.text(max_size=30))
def test_anything_is_read_without_an_error(shown: str) -> None:
    """A text that is no code says so; a code that is given passes its checks."""
    reading = read_code(shown)
    assert reading.original == shown
    assert not reading.code or reading.verdict in {"valid", "corrected"}


@pytest.mark.parametrize(
    ("shown", "verdict", "fault"),
    [
        ("", "empty", ""),
        ("——", "empty", ""),
        ("9131011**********T", "masked", ""),
        ("91310115XX000", "invalid", "length"),
        ("暂无", "empty", ""),
        ("31O115000I23456", "corrected", "alphabet"),
        ("310115000123457", "suggested", "check-digit"),
        ("31011500012345V", "invalid", "alphabet"),
        (f"统一社会信用代码:{CODE}(1-1)", "corrected", "length"),
        ("123456789012345678901234", "invalid", "length"),
    ],
)
def test_what_is_said_of_other_texts(shown: str, verdict: str, fault: str) -> None:
    """Masked, too short, a label around it, the old number."""
    reading = read_code(shown)
    assert (reading.verdict, reading.fault) == (verdict, fault)


def test_a_look_alike_is_only_suggested() -> None:
    """8 for B is for a person: the reading is shown, the code stays empty."""
    body = "XX00008B"
    code = _made("91310115", body)
    reading = read_code(code.replace("8B", "88"))
    assert reading.verdict == "suggested"
    assert code in {found.code for found in reading.readings}
    assert {made.why for found in reading.readings for made in found.corrections} == {"look-alike"}
