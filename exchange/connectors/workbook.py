"""The first sheet of an XLSX file as rows of text: what a cell shows as text or number, no formulas, no dates guessed.

Spec: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings); part 2 (packages).
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from exchange.connectors.errors import DropFileError
from exchange.connectors.markup import elements

MAX_ENTRIES = 1_000
MAX_UNPACKED = 300 << 20
MAX_RATIO = 200
MAX_COLUMNS = 200
SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
STRINGS = "xl/sharedStrings.xml"
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_HINT = "请另存为普通的 .xlsx 或 CSV Save it as a plain .xlsx or as CSV."


def rows(path: Path) -> Iterator[list[str]]:
    """Rows of the first sheet, each as long as its last filled cell.

    Raises:
        DropFileError: no such package, larger unpacked than allowed, packed too well to be true, encrypted, without a
            sheet, or with a formula in a cell.
    """
    try:
        with zipfile.ZipFile(path) as package:
            _check(package, path.name)
            sheets = sorted((name for name in package.namelist() if SHEET.fullmatch(name)), key=_order)
            if not sheets:
                raise DropFileError(f"expected a sheet in {path.name}, got none", hint=_HINT)
            strings = _strings(package, path.name)
            yield from _sheet(package, sheets[0], strings, path.name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise DropFileError(f"expected an XLSX file {path.name}, got: {error}", hint=_HINT) from error


def _order(name: str) -> tuple[int, str]:
    """``sheet2`` before ``sheet10``."""
    return len(name), name


def _check(package: zipfile.ZipFile, name: str) -> None:
    entries = package.infolist()
    unpacked, packed = (sum(getattr(one, size) for one in entries) for size in ("file_size", "compress_size"))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 4096):
        raise DropFileError(
            f"expected at most {MAX_UNPACKED} bytes unpacked in {name}, got {len(entries)} parts of {unpacked}",
            hint=_HINT,
        )


def _strings(package: zipfile.ZipFile, name: str) -> list[str]:
    found: list[str] = []
    parts: list[str] = []

    def end(path: tuple[str, ...], attributes: dict[str, str], text: str) -> None:
        del attributes
        if path[-1] == "t" and "rPh" not in path:  # phonetic hints are not part of the text
            parts.append(text)
        elif path[-1] == "si":
            found.append("".join(parts))
            parts.clear()

    if STRINGS in package.namelist():
        with package.open(STRINGS) as stream:
            elements(stream, name, end)
    return found


def _sheet(package: zipfile.ZipFile, sheet: str, strings: list[str], name: str) -> Iterator[list[str]]:
    reader = _Sheet(strings, name)
    with package.open(sheet) as stream:
        elements(stream, name, reader.end)
    yield from reader.rows


class _Sheet:
    def __init__(self, strings: list[str], name: str) -> None:
        self.rows: list[list[str]] = []
        self._strings, self._name = strings, name
        self._row: dict[int, str] = {}
        self._value = self._inline = ""

    def end(self, path: tuple[str, ...], attributes: dict[str, str], text: str) -> None:
        """Take one element of the sheet."""
        match path[-1]:
            case "f":
                raise DropFileError(f"expected values in {self._name}, got a formula: {text[:60]!r}", hint=_HINT)
            case "v":
                self._value = text
            case "t" if "is" in path:
                self._inline += text
            case "c":
                self._cell(attributes)
            case "row":
                self.rows.append([self._row.get(column, "") for column in range(max(self._row, default=-1) + 1)])
                self._row = {}

    def _cell(self, attributes: dict[str, str]) -> None:
        place = _CELL.fullmatch(attributes.get("r", ""))
        column = _number(place[1]) if place else len(self._row)
        if column >= MAX_COLUMNS:
            raise DropFileError(f"expected at most {MAX_COLUMNS} columns in {self._name}, got more", hint=_HINT)
        self._row[column] = self._text(attributes.get("t", "n"))
        self._value = self._inline = ""

    def _text(self, kind: str) -> str:
        if kind == "inlineStr":
            return self._inline.strip()
        if kind != "s":
            return self._value.strip()
        number = int(self._value) if self._value.isdigit() else -1
        if not 0 <= number < len(self._strings):
            raise DropFileError(f"expected a shared string in {self._name}, got number {self._value!r}", hint=_HINT)
        return self._strings[number].strip()


def _number(letters: str) -> int:
    """``A`` is 0."""
    total = 0
    for letter in letters:
        total = total * 26 + ord(letter) - 64
    return total - 1
