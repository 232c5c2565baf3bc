"""Laying out pages."""

import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.paper import INNER, Paper, Style
from tests.data.evidence.workshop import AT


def pages_of(pdf: bytes, folder: Path) -> list[str]:
    """What pdftotext reads of each page."""
    (folder / "p.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", "p.pdf", "-"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode().split("\f")[:-1]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=300), st.floats(40, 500))
def test_lines_fit_and_lose_nothing(text: str, width: float) -> None:
    """No line is wider than its room; nothing but white space at line ends is lost."""
    paper = Paper("t", AT)
    lines = paper.wrapped(text, 10, width)
    assert "".join("".join(lines).split()) == "".join(paper.face.shown(text).split())
    for line in lines:
        # A single token of a character with its closing marks may hang over.
        assert sum(map(paper.face.width, line)) / 100 <= width or len(line) < 20


def test_a_table_over_pages(tmp_path: Path) -> None:
    """The header is repeated, a cell longer than a page goes on, every row is there once."""
    paper = Paper("t", AT)
    rows = [(str(number), f"row-{number}") for number in range(90)] + [("long", "word " * 3000), ("end", "END")]
    paper.table((1, 4), rows, header=("No", "Head"))
    pages = pages_of(paper.finish("foot"), tmp_path)
    assert len(pages) > 4
    assert all("Head" in page and "foot" in page for page in pages)
    whole = "\n".join(pages)
    assert whole.count("word") == 3000
    assert all(whole.count(f"row-{number}\n") == 1 for number in range(90))
    assert f"共 {len(pages)} 页" in pages[0]


def test_texts_and_gaps(tmp_path: Path) -> None:
    """Centred, grey, bold, empty; room is counted and a page begun when it ends."""
    paper = Paper("t", AT)
    before = paper.room()
    paper.text("centred", Style(20, bold=True), align="C")
    paper.put("", 0, 0)
    paper.gap(5)
    assert paper.room() < before - 25
    paper.need(before + 1)
    assert paper.room() == before
    paper.rule(0, 0, INNER, 0)
    assert len(pages_of(paper.finish(), tmp_path)) == 2
