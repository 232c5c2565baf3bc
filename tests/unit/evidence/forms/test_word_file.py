"""Forms as DOCX, read by another library."""

import io
import zipfile
from pathlib import Path

import docx
from docx.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.forms.evidence_list import evidence_list
from evidence.forms.extraction_record import extraction_record
from evidence.forms.print_file import print_file
from evidence.forms.sheet import Grid, Sheet, Words
from evidence.forms.word_file import word_file
from tests.data.evidence.records import FILES, full
from tests.data.evidence.workshop import AT


def opened(data: bytes) -> Document:
    """As python-docx reads it."""
    return docx.Document(io.BytesIO(data))


def test_another_library_reads_it() -> None:
    """Title, tables with header and cells, page size A4, properties."""
    document = opened(word_file(extraction_record(full()), AT))
    assert document.paragraphs[0].text == "电子数据提取笔录"
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert "样0000002" in cells
    assert "https://shop.example.test/item/1" in cells
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)  # type: ignore[union-attr]
    assert document.core_properties.created is not None
    assert document.core_properties.created.replace(tzinfo=None) == AT.replace(tzinfo=None)
    assert "第" in page.footer.paragraphs[0].text


def test_lists() -> None:
    """One row a file below the header."""
    table = opened(word_file(evidence_list(full()), AT)).tables[1]
    assert len(table.rows) == len(FILES) + 1


def test_same_form_same_bytes() -> None:
    """No dates of today, no random identifiers."""
    data = word_file(evidence_list(full()), AT)
    assert data == word_file(evidence_list(full()), AT)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x2FF), max_size=60))
def test_any_text_gives_a_readable_file(words: str) -> None:
    """Markup, control characters and anything else stay text."""
    sheet = Sheet("t", words, words, (Words(words, strong=True), Grid((1, 1), ((words, "x"),))))
    (table,) = opened(word_file(sheet, AT)).tables
    shown = table.rows[0].cells[0].text
    assert len(shown) == len(words)
    assert print_file(sheet, AT).startswith(b"%PDF")


def test_where_it_lies(tmp_path: Path) -> None:
    """A file on disk opens too."""
    path = tmp_path / "form.docx"
    path.write_bytes(word_file(evidence_list(full()), AT))
    assert docx.Document(str(path)).paragraphs[0].text == "电子数据清单"
