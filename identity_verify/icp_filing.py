"""ICP filings (ICP备案): numbers on pages, and a table of filings that is imported as a file.

The ministry's register cannot be asked from here; its extract comes as CSV with the columns ``number``,
``holder_code``, ``holder_name``, ``domains`` (Chinese names of the columns are understood too), UTF-8 or GB 18030.

Spec: 互联网信息服务管理办法 art 8, art 12 (non-commercial services file and show the number).
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.errors import FilingTableError, SiteAddressError
from identity_verify.site_address import host_name, registrable
from kernel import audit
from kernel.identifiers import check_uscc
from kernel.models import IcpFiling

_NUMBER = re.compile(r"([一-龥])ICP([备证])\s*([0-9B-]{4,20})\s*号?(?:\s*-\s*([0-9]{1,4}))?", re.IGNORECASE)
_COLUMNS = {
    "number": ("number", "备案号", "主体备案号", "网站备案号", "备案/许可证号"),
    "holder_code": ("holder_code", "统一社会信用代码", "证件号码"),
    "holder_name": ("holder_name", "主办单位名称", "单位名称", "主办单位"),
    "domains": ("domains", "网站域名", "域名"),
}
MAX_BYTES = 64_000_000
_HINT = "需要的列：number, holder_code, holder_name, domains（或 备案号、统一社会信用代码、主办单位名称、网站域名）。"


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing: ``number`` in normal form without the site's own number; domains are registrable ones."""

    number: str
    holder_code: str
    holder_name: str
    domains: tuple[str, ...]

    def is_of(self, code: str, names: Iterable[str]) -> bool:
        """Whether this firm filed it: by code where the table has one, else by its name to the letter."""
        if self.holder_code:
            return self.holder_code == code
        return bool(self.holder_name) and _name(self.holder_name) in {_name(name) for name in names if name}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``refused`` has line number and reason of rows that were not taken."""

    taken: int
    unchanged: int
    refused: tuple[tuple[int, str], ...]


def _name(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()


def numbers_in(text: str) -> tuple[str, ...]:
    """ICP numbers in a text, in normal form, each once, in order."""
    found = (_normal(match) for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text)))
    return tuple(dict.fromkeys(found))


def _normal(match: re.Match[str]) -> str:
    body = match[3].strip("-").upper()
    return f"{match[1]}ICP{match[2]}{body}号" + (f"-{int(match[4])}" if match[4] else "")


def base_number(number: str) -> str:
    """A number in normal form without the site's own ``-1``: the filing of the firm."""
    return next(iter(numbers_in(number)), "").partition("号-")[0].removesuffix("号") + "号"


def read_table(data: bytes) -> Iterator[tuple[int, Filing | str]]:
    """Rows of a table, each with its line number: a filing, or why it is none.

    Raises:
        FilingTableError: not text, or without the columns.
    """
    if len(data) > MAX_BYTES:
        raise FilingTableError(f"expected at most {MAX_BYTES} bytes, got {len(data)}", hint="请拆分后再导入。")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise FilingTableError("expected CSV in UTF-8 or GB 18030, got other bytes", hint=_HINT) from error
    rows = csv.DictReader(io.StringIO(text))
    try:
        found = tuple(rows.fieldnames or ())
    except csv.Error as error:
        raise FilingTableError(f"expected CSV, got {error} near line 1", hint=_HINT) from error
    names = {key: next((name for name in known if name in found), "") for key, known in _COLUMNS.items()}
    if not names["number"] or not (names["holder_code"] or names["holder_name"]):
        raise FilingTableError(f"expected columns of filings, got {list(found)[:10]}", hint=_HINT)
    try:
        for row in rows:
            yield rows.line_num, _filing({key: (row.get(name) or "").strip() for key, name in names.items() if name})
    except csv.Error as error:
        raise FilingTableError(f"expected CSV, got {error} near line {rows.line_num}", hint=_HINT) from error


def _filing(cells: dict[str, str]) -> Filing | str:
    number = base_number(cells["number"])
    if len(number) < 4:
        return f"not a filing number: {cells['number'][:40]}"
    code = cells.get("holder_code", "").upper()
    if code and not check_uscc(code).ok:
        return f"not a 统一社会信用代码: {code[:20]}"
    if not code and not cells.get("holder_name"):
        return "neither code nor name of who filed"
    domains = []
    for item in re.split(r"[\s,;，；、]+", cells.get("domains", "")):
        try:
            domains += [registrable(host_name(item))] if item else []
        except SiteAddressError:
            return f"not a domain: {item[:60]}"
    return Filing(number, code, cells.get("holder_name", ""), tuple(dict.fromkeys(domains)))


def import_table(session: Session, data: bytes, *, source_ref: str, actor: str, at: datetime) -> Imported:
    """Take a table of filings; a number that is there already is replaced. Importing twice changes nothing.

    Args:
        source_ref: where the file came from, in words.

    Raises:
        FilingTableError: the file is not such a table.

    Effects: tables ``icp_filing``, ``audit``.
    """
    taken, unchanged, refused = 0, 0, []
    merged: dict[str, Filing] = {}
    for line, row in read_table(data):
        if isinstance(row, str):
            refused.append((line, row))
            continue
        before = merged.get(row.number)
        merged[row.number] = row if before is None else _joined(before, row)
    for filing in merged.values():
        standing = session.get(IcpFiling, filing.number)
        values = {
            "holder_code": filing.holder_code, "holder_name": filing.holder_name, "domains": list(filing.domains),
        }  # fmt: skip
        if standing is not None and all(getattr(standing, key) == value for key, value in values.items()):
            unchanged += 1
            continue
        if standing is None:
            standing = IcpFiling(number=filing.number)
            session.add(standing)
        for key, value in values.items():
            setattr(standing, key, value)
        standing.source_ref, standing.imported_at = source_ref[:200], at
        taken += 1
    audit.append(
        session, actor=actor, action="icp_filing.import", object_type="icp_filing", object_id=source_ref[:100],
        detail={"taken": taken, "unchanged": unchanged, "refused": len(refused)}, at=at,
    )  # fmt: skip
    return Imported(taken, unchanged, tuple(refused))


def _joined(first: Filing, second: Filing) -> Filing:
    """Two rows of one filing: one line for each site is how the register exports."""
    domains = tuple(dict.fromkeys((*first.domains, *second.domains)))
    return Filing(
        first.number, first.holder_code or second.holder_code, first.holder_name or second.holder_name, domains
    )


def find_filings(session: Session, numbers: Sequence[str]) -> tuple[tuple[Filing, ...], bool]:
    """Filings of these numbers, and whether a table was ever imported."""
    wanted = [base_number(number) for number in numbers]
    rows = session.execute(select(IcpFiling).where(IcpFiling.number.in_(wanted))).scalars().all()
    imported = bool(rows) or session.execute(select(IcpFiling.number).limit(1)).first() is not None
    return tuple(Filing(row.number, row.holder_code, row.holder_name, tuple(row.domains)) for row in rows), imported
