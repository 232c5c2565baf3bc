"""Fonts cut for documents."""

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import font
from evidence.errors import FontMissingError

INSTALLED = [pair for pair in font.CANDIDATES if Path(pair[0]).is_file()]


def test_cut_is_small_whole_and_repeatable() -> None:
    """Only the wanted characters; the same text gives the same bytes, and another reader accepts them."""
    face = font.open_face(*font.find())
    first, second = face.cut("网鉴 abc é"), face.cut(["é网鉴", " abc"])
    assert first == second
    assert len(first.program) < 50_000
    assert set(first.codes) == set("网鉴 abcé")
    with TTFont(io.BytesIO(first.program)) as cut:
        assert cut["maxp"].numGlyphs == len(cut["loca"].locations) - 1 == len(cut["hmtx"].metrics)
        for name in cut.getGlyphOrder():
            cut["glyf"][name].expand(cut["glyf"])


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=40))
def test_every_text_can_be_cut(text: str) -> None:
    """What is shown has a code and a width, whatever was asked."""
    face = font.open_face(*font.find())
    shown = face.shown(text)
    cut = face.cut(shown)
    assert len(shown) == len(text)
    for sign in set(shown):
        assert cut.widths[cut.codes[sign]] == face.width(sign)


@pytest.mark.parametrize("pair", INSTALLED, ids=[Path(name).stem for name, _ in INSTALLED])
def test_each_installed_font(pair: tuple[str, int]) -> None:
    """Both kinds of outlines."""
    face = font.open_face(Path(pair[0]), pair[1])
    cut = face.cut("网鉴 abc")
    assert cut.outlines in {"TrueType", "CFF"}
    assert len(set(cut.codes.values())) == 6
    assert all(100 < cut.widths[code] <= 1100 for code in cut.codes.values())


def test_missing_characters_are_shown_as_such() -> None:
    """Never dropped in silence; control characters neither."""
    face = font.open_face(*font.find())
    assert face.shown("a\x00b\U0001f600\n") == "a〓b〓\n"


def test_no_font() -> None:
    """None installed: an error with the command that helps."""
    with pytest.raises(FontMissingError) as refused:
        font.find([("/nowhere/font.ttc", 0)])
    assert refused.value.code == "evidence.font_missing"
    assert "apt-get" in refused.value.hint


def test_damaged_font(tmp_path: Path) -> None:
    """A file that is no font is a typed error."""
    (tmp_path / "x.ttf").write_bytes(b"no font")
    with pytest.raises(FontMissingError, match="font in"):
        font.open_face(tmp_path / "x.ttf", -1)
