"""Forms as PDF."""

import subprocess
from pathlib import Path

from evidence.forms.evidence_list import evidence_list
from evidence.forms.extraction_record import extraction_record
from evidence.forms.print_file import print_file
from tests.data.evidence.records import full
from tests.data.evidence.workshop import AT


def told(*command: str) -> str:
    """What a program of poppler says."""
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def test_a4_and_readable(tmp_path: Path) -> None:
    """Both forms on A4 pages, their text can be found."""
    for name, form, words in (
        ("record", extraction_record, ("电子数据提取笔录", "样品甲", "见证人")),
        ("list", evidence_list, ("电子数据清单", "data/page.pdf")),
    ):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(print_file(form(full()), AT))
        shape = told("pdfinfo", str(path))
        assert "(A4)" in shape
        text = told("pdftotext", "-layout", str(path), "-")
        assert all(word in text for word in words)


def test_same_form_same_bytes() -> None:
    """Deterministic."""
    assert print_file(evidence_list(full()), AT) == print_file(evidence_list(full()), AT)
