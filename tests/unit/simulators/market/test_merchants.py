import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.identifiers import check_registration_number, check_uscc
from simulators.market.merchants import registration_number, shops, uscc
from simulators.market.model import Shop


@given(st.sampled_from(["company", "trader", "person"]), st.integers(0, 999_999))
def test_synthetic_codes_are_valid(kind: str, seq: int) -> None:
    """Every synthetic code passes both check digits."""
    assert check_uscc(uscc(kind, "310115", seq)).ok


@given(st.integers(0, 99_999_999))
def test_synthetic_registration_numbers_are_valid(seq: int) -> None:
    """Every synthetic 15-digit number passes its check digit."""
    assert check_registration_number(registration_number("310115", seq)).ok


def test_published_vectors() -> None:
    """The vectors of the domain page come out."""
    assert uscc("company", "310115", 1) == "91310115XX0000019T"
    assert uscc("trader", "310104", 2) == "92310104XX0000027L"


@pytest.mark.parametrize("shop", [shop for shop in shops() if shop.merchant.code_shown], ids=lambda shop: shop.slug)
def test_codes_are_valid_or_wrong_as_labelled(shop: Shop) -> None:
    """The checker of the product agrees with the model about every code, and about its fault."""
    who = shop.merchant
    check = check_registration_number if len(who.code) == 15 else check_uscc
    assert check(who.code).reason == who.code_reason
    assert bool(who.code_reason) == any(mark.rule == "ID02" for mark in shop.planted)
    normal = unicodedata.normalize("NFKC", who.code_shown).replace(" ", "").upper()
    assert normal == who.code


def test_faults_of_every_kind() -> None:
    """Check digit, organisation code and length are each wrong once."""
    assert {shop.merchant.code_reason for shop in shops()} == {"", "check-digit", "organisation-code", "length"}


def test_persons_declare_in_the_words_of_the_law_or_are_planted() -> None:
    """A shown declaration contains a statutory one exactly when nothing is planted."""
    persons = [shop for shop in shops() if shop.merchant.kind == "person"]
    for shop in persons:
        shown = shop.merchant.declaration_shown.replace(",", "，").replace("， ", "，")
        assert (shop.merchant.declaration in shown) != bool(shop.planted)
    bad = sum(bool(shop.planted) for shop in persons)
    assert bad >= 2
    assert len(persons) - bad >= 2 * bad
