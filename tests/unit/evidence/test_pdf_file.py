"""The PDF file of pages."""

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from evidence import font
from evidence.paper import MARGIN, Paper
from tests.data.evidence.workshop import AT


def made() -> bytes:
    """A file with everything in it."""
    paper = Paper("题 (title)", AT, keywords="root-sha256:ab", fields=("First", "Second"))
    paper.text("文字 text")
    sink = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(sink, "JPEG")
    paper.picture(sink.getvalue(), MARGIN, 100, 60, 60)
    paper.page_break()
    paper.text("第二页")
    return paper.finish("foot")


def test_another_reader_reads_it() -> None:
    """Title, keywords, two pages, two empty signature fields, a strict cross-reference table."""
    reader = PdfFileReader(io.BytesIO(made()), strict=True)
    information = reader.trailer["/Info"]
    assert (information["/Title"], information["/Keywords"]) == ("题 (title)", "root-sha256:ab")
    assert reader.root["/Pages"]["/Count"] == 2
    assert [str(field.get_object()["/T"]) for field in reader.root["/AcroForm"]["/Fields"]] == ["First", "Second"]


def test_same_pages_same_bytes() -> None:
    """Deterministic."""
    assert made() == made()


def test_other_programs_find_no_fault(tmp_path: Path) -> None:
    """Poppler draws it without a word and finds text and font embedded."""
    (tmp_path / "p.pdf").write_bytes(made())
    for command in (["pdffonts", "p.pdf"], ["pdftoppm", "-r", "20", "-png", "p.pdf", "page"], ["pdftotext", "p.pdf"]):
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        assert done.stderr == b""
    assert "文字 text" in (tmp_path / "p.txt").read_text("utf-8")


@pytest.mark.parametrize("pair", [pair for pair in font.CANDIDATES if pair[0].endswith("NotoSerifCJK-Regular.ttc")])
def test_postscript_outlines(pair: tuple[str, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with such a font alone makes documents too."""
    if not Path(pair[0]).is_file():
        return
    monkeypatch.setattr(font, "find", lambda: (Path(pair[0]), pair[1]))
    test_other_programs_find_no_fault(tmp_path)
