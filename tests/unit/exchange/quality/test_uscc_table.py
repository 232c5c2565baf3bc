"""The quick check of codes says what the plain one says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.quality.uscc_table import is_uscc
from kernel.identifiers import USCC_ALPHABET, check_uscc, uscc_check_character
from tests.unit.exchange.quality.planting import DICE, code_of


@given(st.integers(), st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab-好"))
def test_one_changed_character(seed: int, place: int, char: str) -> None:
    """Every single-character error is found, and the whole code passes."""
    code = code_of(DICE(seed))
    assert is_uscc(code)
    changed = code[:place] + char + code[place + 1 :]
    assert is_uscc(changed) == (changed == code) == check_uscc(changed).ok


@given(st.text(USCC_ALPHABET, min_size=17, max_size=17))
def test_only_the_first_check_is_right(first17: str) -> None:
    """Both checks count, as in the plain check."""
    code = first17 + uscc_check_character(first17)
    assert is_uscc(code) == check_uscc(code).ok


@pytest.mark.parametrize("value", [None, "", 7, "9" * 17, "9" * 19, ["x"], "沪" * 18, "91310115XX 000019T"])
def test_what_is_no_code(value: object) -> None:
    """Anything may come."""
    assert not is_uscc(value)


@pytest.mark.parametrize(
    "code", ["91310115XX0000019T", "92310104XX0000027L", "93310120XX0000035H", "91310115XX00002460"]
)
def test_codes_of_our_own(code: str) -> None:
    """Synthetic codes pass, also one whose remainder is nought."""
    assert is_uscc(code)
