import io
import zipfile
from pathlib import Path

import pytest

from exchange.connectors import workbook
from exchange.connectors.errors import DropFileError
from simulators.linked.files import SPREADSHEET, as_xlsx

HEAD = f'<worksheet xmlns="{SPREADSHEET}"><sheetData>'
TAIL = "</sheetData></worksheet>"


def rows(folder: Path, data: bytes) -> list[list[str]]:
    """Rows of a workbook."""
    path = folder / "full-1.xlsx"
    path.write_bytes(data)
    return list(workbook.rows(path))


def package(**parts: str) -> bytes:
    """A package of sheets and strings."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr("xl/sharedStrings.xml" if name == "strings" else f"xl/worksheets/{name}.xml", text)
    return stream.getvalue()


def sheet(cells: str) -> str:
    """A sheet of one row."""
    return f'{HEAD}<row r="1">{cells}</row>{TAIL}'


def test_cells(tmp_path: Path) -> None:
    """Strings, numbers as they are written, gaps, the first sheet of several; phonetic hints are no text."""
    strings = f'<sst xmlns="{SPREADSHEET}"><si><r><t>上</t></r><r><t>海</t></r><rPh><t>shang</t></rPh></si></sst>'
    cells = '<c r="A1" t="s"><v>0</v></c><c r="C1"><v>9.1310115E+17</v></c><c r="D1" t="str"><v>x</v></c><c r="F1"/>'
    data = package(sheet10=sheet('<c r="A1"><v>9</v></c>'), sheet2=sheet(cells), strings=strings)
    assert rows(tmp_path, data) == [["上海", "", "9.1310115E+17", "x", "", ""]]
    assert rows(tmp_path, package(sheet1=sheet(""))) == [[]]


@pytest.mark.parametrize(
    "data",
    [
        b"not a package",
        package(strings="<sst/>"),
        package(sheet1=sheet('<c r="A1" t="s"><v>5</v></c>')),
        package(sheet1=sheet('<c r="A1" t="s"><v>x</v></c>')),
        package(sheet1=sheet('<c r="ZZ1"><v>1</v></c>')),
        package(sheet1="<open>"),
        package(sheet1="<!DOCTYPE x><x/>"),
        as_xlsx([{"a": "1"}], formula="1+1"),
        package(sheet1=sheet("") + " " * 3_000_000),
        package(**{f"x{number}": "" for number in range(1001)}),
    ],
    ids=["none", "no-sheet", "string", "number", "wide", "open", "doctype", "formula", "bomb", "parts"],
)
def test_workbooks_that_are_refused(tmp_path: Path, data: bytes) -> None:
    """Bombs, formulas, references to nothing, and what is no workbook."""
    with pytest.raises(DropFileError):
        rows(tmp_path, data)
