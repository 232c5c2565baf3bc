"""Permit numbers as signals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.permit import read_permit
from kernel.identifiers import mod_11_10_digit

FIRST = "1131011500001"


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("国药准字Z20250001", "drug"),
        ("沪械注准20252140001", "device"),
        ("国食健注G20250001", "health-food"),
        ("国食健备G202531000001", "health-food"),
        ("沪妆网备字2025000001", "cosmetic"),
        ("国妆特字G20250001", "cosmetic"),
        ("沪食广审（文）第250101-00001号", "advertisement-review"),
    ],
)
def test_kinds_are_told_apart(shown: str, kind: str) -> None:
    """Each form has its kind and no check digit that we know."""
    permit = read_permit(f"许可证号 {shown}")
    assert permit is not None
    assert (permit.kind, permit.check, permit.division) == (kind, "none", "")


@given(st.sampled_from(["SC", "JY"]), st.integers(0, 9))
def test_food_permits_have_a_check_digit(sign: str, digit: int) -> None:
    """MOD 11,10 over the first thirteen; the division stands inside."""
    permit = read_permit(f"{sign} {FIRST}{digit}")
    assert permit is not None
    assert permit.division == "310115"
    assert (permit.check == "right") == (str(digit) == mod_11_10_digit(FIRST))


@given(st.text(max_size=40))
def test_other_texts_are_no_permit(text: str) -> None:
    """Nothing fails."""
    found = read_permit(text)
    assert found is None or found.number
