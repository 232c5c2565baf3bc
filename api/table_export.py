"""CSV for spreadsheets, streamed, with formulas made harmless.

Spec: RFC 4180; OWASP ASVS 5.0 1.2.10 (formula injection).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
IGNORED_STARTS = " \u00a0\u3000\u200b\ufeff"


def safe_cell(value: object) -> str:
    """Text of one cell; text that a spreadsheet would take for a formula gets a leading apostrophe.

    Numbers of ours stay numbers.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(IGNORED_STARTS).startswith(FORMULA_STARTS) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV text piece by piece, with a byte order mark so that spreadsheets read UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield MARK
    writer.writerow([safe_cell(cell) for cell in header])
    yield _take(buffer)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        yield _take(buffer)


def _take(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
