"""Files as systems drop them: CSV, XLSX and XML, each with its digest beside it."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Rows = Sequence[Mapping[str, object]]
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def drop(folder: Path, name: str, data: bytes) -> Path:
    """Put a file and its digest into a folder; the digest comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    path.with_name(f"{name}.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {name}\n", "ascii")
    return path


def as_csv(rows: Rows, encoding: str = "gb18030") -> bytes:
    """The rows as CSV, named in the first line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_xml(rows: Rows) -> bytes:
    """The rows as elements named after their fields."""
    lines = ("".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in row.items()) for row in rows)
    body = "\n".join(f"<record>{line}</record>" for line in lines)
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<records>\n{body}\n</records>".encode()


def as_xlsx(rows: Rows, *, formula: str = "") -> bytes:
    """The rows as the first sheet of a workbook; names as shared strings, values inline.

    Args:
        formula: put into one more cell, to see it refused.
    """
    names = list(rows[0])
    shared = "".join(f"<si><t>{escape(name)}</t></si>" for name in names)
    head = "".join(f'<c r="{_letters(column)}1" t="s"><v>{column}</v></c>' for column in range(len(names)))
    lines = [f'<row r="1">{head}</row>']
    for number, row in enumerate(rows, start=2):
        cells = "".join(
            f'<c r="{_letters(column)}{number}" t="inlineStr"><is><t>{escape(str(row[name]))}</t></is></c>'
            for column, name in enumerate(names)
            if row[name] not in {"", None}
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    if formula:
        lines.append(f'<row r="{len(rows) + 2}"><c r="A{len(rows) + 2}"><f>{escape(formula)}</f><v>1</v></c></row>')
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPREADSHEET}">{shared}</sst>')
        sheet = f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        package.writestr("xl/worksheets/sheet1.xml", sheet)
    return stream.getvalue()


def _letters(column: int) -> str:
    """0 is ``A``."""
    return ("" if column < 26 else chr(64 + column // 26)) + chr(65 + column % 26)
