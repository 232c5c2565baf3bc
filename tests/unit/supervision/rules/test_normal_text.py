"""The normal form of text and the way back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.rules.normal_text import (
    INERT,
    NormalText,
    fold,
    fold_text,
    is_cjk,
    is_separator,
    normalise,
    short_way,
    suspects,
)

MIXED = st.text(
    st.one_of(
        st.sampled_from("最佳第一頂級國家級 ·*😀\u200bＴＯＰ１％％éÀ，。\n㊙①ﾊﾞ"),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("最 佳", "最佳"),
        ("最·佳", "最佳"),
        ("最*佳", "最佳"),
        ("最😀佳", "最佳"),
        ("最\u200b佳\ufeff", "最佳"),
        ("最\u3000佳", "最佳"),
        ("ＴＯＰ１", "top1"),
        ("１００％", "100%"),
        ("頂級", "顶级"),
        ("專利設計", "专利设计"),
        ("最\ufe0f佳", "最佳"),
        ("e\u0301", "e"),
        ("é", "e"),
        ("①", "1"),
        ("最佳。顶级", "最佳。顶级"),
        ("最\n佳", "最\n佳"),
        ("〔最佳〕", "[最佳]"),
    ],
)
def test_normal_form(raw: str, expected: str) -> None:
    """What looks alike to a reader becomes the same."""
    assert normalise(raw) == expected


@given(MIXED)
def test_the_map_leads_back(raw: str) -> None:
    """Each normal character comes from the raw one it is mapped to."""
    normal = NormalText(raw)
    assert normal.text == normalise(raw)
    assert list(normal.places) == sorted(normal.places)
    assert all(piece in fold(raw[place]) for piece, place in zip(normal.text, normal.places, strict=True))


@given(MIXED)
def test_normal_form_is_stable(raw: str) -> None:
    """Normalising twice changes nothing."""
    assert normalise(normalise(raw)) == normalise(raw)


@given(MIXED)
def test_short_way_is_the_long_way_where_it_may_be_taken(raw: str) -> None:
    """Without a suspect, the quick bytes say the same but for inert punctuation."""
    data = short_way(raw)
    if not any(pattern in data for pattern in suspects()):
        assert "".join(map(fold, data.decode())) == normalise(raw)


def test_every_character_that_changes_is_suspect() -> None:
    """No character that the short way would leave wrong escapes the suspects."""
    patterns = set(suspects())
    for code in range(0x80, 0x20000):
        character = chr(code)
        if unicodedata.category(character) == "Cs" or character in INERT:
            continue
        assert fold_text(fold(character)) == fold(character), hex(code)
        encoded = character.encode()
        told = any(encoded[:length] in patterns for length in range(1, 5))
        assert told or (fold(character) == character and not is_separator(character)), hex(code)


def test_lone_surrogates_are_no_error() -> None:
    """Broken text from JSON is read like other text."""
    assert normalise("最\ud800佳") == normalise("最佳")
    assert isinstance(short_way("\ud800"), bytes)


def test_span_and_gaps() -> None:
    """A normal span maps to the raw span around it, and the gaps inside are told."""
    normal = NormalText("买最 * 佳的")
    start = normal.text.index("最")
    assert normal.raw[slice(*normal.span(start, start + 2))] == "最 * 佳"
    assert normal.gaps(start, start + 2) == [(start, " * ")]
    assert NormalText("最\u200b佳").gaps(0, 2) == []


def test_folding_keeps_separators() -> None:
    """Contexts are searched in text that still has its separators."""
    assert fold_text("２０２４.１１ 銷量") == "2024.11 销量"
    assert is_cjk("最")
    assert not is_cjk("a")
    assert not is_cjk("")
