"""Text becomes the same tokens everywhere."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from search.segmenter import MAX_WORD, character_tokens, dictionary_version, joined_words, normalise, words


@given(st.text())
def test_normalising_is_nfkc_and_lower_case(text: str) -> None:
    """Nothing else happens to text that can be stored."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert normalise(text) == unicodedata.normalize("NFKC", text).lower()
    normalise(text).encode()  # whatever came, it can be stored


@given(st.text())
def test_words_hold_no_white_space_and_are_short(text: str) -> None:
    """So joining and splitting at spaces gives them back, in any engine."""
    tokens = words(text)
    assert " ".join(tokens).split() == tokens
    assert all(0 < len(token) <= MAX_WORD for token in tokens)
    assert joined_words(text) == " ".join(tokens)


@given(st.text())
def test_every_character_is_one_token_without_white_space(text: str) -> None:
    """Joined by spaces they come apart again, one a code point, different ones for different ones."""
    plain = normalise(text)
    tokens = character_tokens(plain)
    assert len(tokens) == len(plain)
    assert " ".join(tokens).split() == tokens
    assert len(set(tokens)) == len(set(plain))


def test_words_people_type() -> None:
    """Search mode gives the parts of compounds, mixed tokens their runs, punctuation nothing."""
    assert {"中华", "人民", "共和国"} <= set(words("中华人民共和国"))
    assert {"iphone15", "iphone", "15"} <= set(words("ｉＰｈｏｎｅ１５！"))
    assert words("，。！ \n") == []
    assert words("x" * 300) == ["x" * MAX_WORD]


def test_the_version_is_short_hex() -> None:
    """It is part of the index's name."""
    assert len(dictionary_version()) == 8
    assert int(dictionary_version(), 16) >= 0
