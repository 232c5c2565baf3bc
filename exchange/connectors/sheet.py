"""Files that systems drop: CSV, XLSX and XML as rows of fields, within bounds.

A file is taken only beside ``<name>.sha256`` with its digest, so that half a file is never read. Its name says what it
is: ``full-…`` holds all records, ``part-…`` only changed ones.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.connectors import markup, workbook
from exchange.connectors.errors import DropFileError
from kernel.crypto import digest_file

MAX_BYTES = 200 << 20
MAX_ROWS = 1_000_000
_NAME = re.compile(r"(full|part)-[\w.\-]{1,80}\.(csv|xlsx|xml)", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HINT = "请对方重新投递 Ask for the file again."


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file that is whole.

    Attributes:
        full: it holds all records. sha256: of its bytes, hex.
    """

    path: Path
    full: bool
    sha256: str


def dropped(folder: Path) -> list[Path]:
    """Files with their digest beside them, in order of names; links are left out."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and not path.is_symlink()]
    return sorted((path for path in found if path.with_name(f"{path.name}.sha256").is_file()), key=lambda one: one.name)


def open_file(path: Path) -> DroppedFile:
    """A file whose bytes are those that were promised.

    Raises:
        DropFileError: too large, unreadable, or with another digest.
    """
    name = _NAME.fullmatch(path.name)
    try:
        size, told = path.stat().st_size, path.with_name(f"{path.name}.sha256").read_text("ascii").split()[:1]
        if name is None or size > MAX_BYTES or not told or not _DIGEST.fullmatch(told[0]):
            raise DropFileError(
                f"expected {path.name} with a digest, {MAX_BYTES} bytes at most, got {size}", hint=_HINT
            )
        found = digest_file(path)["sha256"]
    except (OSError, UnicodeDecodeError) as error:
        raise DropFileError(f"expected a readable file {path.name}, got: {error}", hint=_HINT) from error
    if found != told[0]:
        raise DropFileError(f"expected {path.name} with the digest {told[0]}, got {found}", hint=_HINT)
    return DroppedFile(path, name[1] == "full", found)


def read(file: DroppedFile) -> Iterator[dict[str, str]]:
    """The rows of a file by the names in its first line (or of its elements).

    Raises:
        DropFileError: not in its form, or more than ``MAX_ROWS`` rows.
    """
    path = file.path
    if path.suffix == ".xml":
        found: Iterable[dict[str, str]] = markup.records(path)
    else:
        found = _named(workbook.rows(path) if path.suffix == ".xlsx" else _csv(path), path.name)
    for number, row in enumerate(found):
        if number >= MAX_ROWS:
            raise DropFileError(f"expected at most {MAX_ROWS} rows in {path.name}, got more", hint=_HINT)
        yield row


def _csv(path: Path) -> Iterator[list[str]]:
    """Lines of a CSV file. Spec: RFC 4180."""
    try:
        yield from csv.reader(io.StringIO(_text(path.read_bytes(), path.name), newline=""), strict=True)
    except csv.Error as error:
        raise DropFileError(f"expected CSV in {path.name}, got: {error}", hint=_HINT) from error


def _text(data: bytes, name: str) -> str:
    """UTF-8 where the bytes are that, GB 18030 else: a text of one is hardly ever well formed in the other.

    Spec: GB 18030-2022; RFC 3629.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DropFileError(f"expected UTF-8 or GB 18030 in {name}, got neither", hint=_HINT)


def _named(lines: Iterator[list[str]], name: str) -> Iterator[dict[str, str]]:
    head = [cell.strip() for cell in next(lines, [])]
    if not head or "" in head or len(set(head)) != len(head):
        raise DropFileError(f"expected a first line with a name for each column in {name}, got {head[:8]}", hint=_HINT)
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        if len(line) > len(head):
            raise DropFileError(f"expected {len(head)} columns in line {number} of {name}, got {len(line)}", hint=_HINT)
        yield dict(zip(head, [*line, *[""] * (len(head) - len(line))], strict=True))
