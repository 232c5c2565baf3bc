"""Numbers of badges: any slip of one character or two neighbours is caught."""

from hypothesis import given
from hypothesis import strategies as st

from identity_verify.badge_id import LENGTH, new_badge_id, read_badge_id, shown
from kernel.identifiers import USCC_ALPHABET


@given(st.integers(0, LENGTH - 1), st.sampled_from(USCC_ALPHABET))
def test_every_single_wrong_character_is_caught(place: int, char: str) -> None:
    """Whatever the place and the character."""
    number = new_badge_id()
    bent = number[:place] + char + number[place + 1 :]
    assert read_badge_id(bent) == (number if bent == number else None)


@given(st.integers(0, LENGTH - 2))
def test_every_exchange_of_neighbours_is_caught(place: int) -> None:
    """The commonest slip after a wrong key."""
    number = new_badge_id()
    bent = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert read_badge_id(bent) == (number if bent == number else None)


def test_forms_that_people_type() -> None:
    """Groups, hyphens, lower case; nothing else."""
    number = new_badge_id()
    assert read_badge_id(shown(number)) == read_badge_id("-".join(shown(number).split()).lower()) == number
    assert read_badge_id(number + "0") is None
    assert read_badge_id("IIIIIIIIIIII") is None
    assert len(set(shown(number).replace(" ", "")) - set(USCC_ALPHABET)) == 0
