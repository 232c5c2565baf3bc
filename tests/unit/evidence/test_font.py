"""Fonts cut for reports."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from evidence import font
from evidence.errors import FontMissingError


def test_cut_is_small_whole_and_repeatable(tmp_path: Path) -> None:
    """Only the wanted characters; the same text gives the same bytes."""
    path, face = font.find()
    first, _ = font.cut("网鉴 abc", path, face, tmp_path)
    second, _ = font.cut("网鉴 abc", path, face, tmp_path)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 50_000
    with TTFont(first) as cut:
        assert set(cut.getBestCmap()) == {ord(sign) for sign in "网鉴 abc"}


def test_missing_characters_are_shown_as_such() -> None:
    """Never dropped in silence; control characters neither."""
    path, face = font.find()
    assert font.shown("a\x00b\U0001f600\n", path, face) == "a〓b〓\n"


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
        font.shown("a", tmp_path / "x.ttf", -1)


def test_other_outlines_are_used_whole(tmp_path: Path) -> None:
    """A font with PostScript outlines is handed over as it is."""
    found = [
        pair for pair in font.CANDIDATES if pair[0].startswith("/usr/share/fonts/opentype") and Path(pair[0]).is_file()
    ]
    for name, face in found:
        assert font.cut("网", Path(name), face, tmp_path) == (Path(name), face)
