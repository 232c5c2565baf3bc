"""Fonts with PostScript outlines."""

import subprocess
import sys
from pathlib import Path

import pytest

from evidence import font, font_cff

CFF = [pair for pair in font.CANDIDATES if Path(pair[0]).is_file() and Path(pair[0]).suffix == ".ttc" and pair[1] == 2]


@pytest.mark.parametrize("pair", CFF[:1])
def test_cut_is_small_and_names_each_character(pair: tuple[str, int]) -> None:
    """A bare CFF program with a code for every character."""
    glyphs = {"鉴": 1000, "网": 2000}
    program, codes = font_cff.cut(Path(pair[0]), pair[1], glyphs)
    assert set(codes) == set(glyphs)
    assert program[:1] == b"\x01"
    assert len(program) < 50_000


def test_it_is_not_loaded_without_need() -> None:
    """A font with TrueType outlines is cut without fontTools."""
    asked = "import sys; import evidence.font; print('fontTools' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == ["False"]
