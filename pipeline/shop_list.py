"""Lists of shops to watch: CSV in, checked rows and row errors out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url
from crawlers.extraction import EXTRACTORS
from kernel import audit
from kernel.errors import WangjianError
from kernel.models import Shop
from pipeline.errors import ShopListError

COLUMNS = ("url", "name", "platform", "reason")
MAX_ROWS = 100_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ShopRow:
    """One shop as written in a list; ``line`` is its line in the file, from 1."""

    url: str
    name: str = ""
    platform: str = "generic"
    reason: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RowError:
    """One line that was not taken, and why."""

    line: int
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class ShopList:
    """What a list holds: good rows (each address once) and the lines that were not taken."""

    rows: tuple[ShopRow, ...]
    errors: tuple[RowError, ...]


def known_platforms() -> tuple[str, ...]:
    """Names of the platforms that have an adapter, and ``generic``."""
    return tuple(sorted(EXTRACTORS))


def check_row(row: ShopRow) -> ShopRow:
    """The row with its address made canonical.

    Raises:
        WangjianError: the address is not one that may be watched, or the platform is unknown.
    """
    platform = row.platform or "generic"
    if platform not in known_platforms():
        raise ShopListError(
            f"expected a platform of {', '.join(known_platforms())}, got {platform!r}",
            hint="Leave the platform empty for a site without an adapter.",
        )
    return ShopRow(
        url=canonical_url(row.url), name=row.name[:MAX_NAME], platform=platform, reason=row.reason, line=row.line
    )


def parse_csv(data: bytes) -> ShopList:
    """Read a list of shops.

    Spec: RFC 4180; header line ``url,name,platform,reason`` (only ``url`` is required).

    Args:
        data: the file's bytes, UTF-8 (with or without mark) or GB 18030, as spreadsheets write it.

    Returns:
        the good rows and an error for each line that was not taken, duplicates among them.

    Raises:
        ShopListError: neither encoding fits, no ``url`` column, unknown columns, or too many rows.
    """
    reader = csv.DictReader(io.StringIO(_decode(data), newline=""), strict=True)
    header = _header(reader)
    unknown = [name for name in header if name not in COLUMNS]
    if "url" not in header or unknown:
        raise ShopListError(
            f"expected the columns {','.join(COLUMNS)}, got {','.join(header) or 'an empty file'}",
            hint="The first line names the columns; only url is required.",
        )
    reader.fieldnames = header
    rows: dict[str, ShopRow] = {}
    errors: list[RowError] = []
    try:
        for record in reader:
            _take(record, reader.line_num, rows, errors)
            if len(rows) > MAX_ROWS:
                raise ShopListError(f"expected at most {MAX_ROWS} shops, got more", hint="Split the list.")
    except csv.Error as error:
        raise _broken(reader, error) from error
    return ShopList(rows=tuple(rows.values()), errors=tuple(errors))


def _header(reader: "csv.DictReader[str]") -> list[str]:
    try:
        return [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise _broken(reader, error) from error


def _broken(reader: "csv.DictReader[str]", error: csv.Error) -> ShopListError:
    return ShopListError(
        f"expected CSV, got a broken line near {reader.line_num}: {error}", hint="Save the sheet as CSV again."
    )


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ShopListError(
        "expected a text file in UTF-8 or GB 18030, got other bytes", hint="Save the sheet as CSV (UTF-8)."
    )


def _take(record: dict[str, str], line: int, rows: dict[str, ShopRow], errors: list[RowError]) -> None:
    if None in record:
        errors.append(RowError(line, "pipeline.shop_list", f"expected {len(COLUMNS)} cells or fewer", "Quote commas."))
        return
    cells = {name: (record.get(name) or "").strip() for name in COLUMNS}
    if not any(cells.values()):
        return
    try:
        row = check_row(ShopRow(line=line, **cells))
    except WangjianError as error:
        errors.append(RowError(line, error.code, error.message, error.hint))
        return
    first = rows.setdefault(row.url, row)
    if first is not row:
        message = f"the address is already on line {first.line}"
        errors.append(RowError(line, "pipeline.shop_duplicate", message, "It is watched once."))


def add_shops(session: Session, rows: Sequence[ShopRow], *, actor: str, at: datetime) -> list[int]:
    """Put shops under watch; one that is known keeps its row and is watched again.

    Args:
        session: a write session.
        rows: rows from :func:`parse_csv` or :func:`check_row`.
        actor: who asks. at: aware UTC.

    Returns:
        ids in the order of the rows.

    Effects: tables ``shop``, ``audit``.
    """
    ids: list[int] = []
    for row in rows:
        shop = session.execute(select(Shop).where(Shop.url == row.url)).scalar_one_or_none()
        if shop is None:
            shop = Shop(url=row.url, host=urlsplit(row.url).hostname or "", created_at=at, next_visit_at=at)
            session.add(shop)
        shop.name = row.name or shop.name or shop.host
        shop.platform = row.platform
        shop.reason = row.reason or shop.reason or ""
        shop.status = "watched"
        session.flush()
        ids.append(shop.id)
    audit.append(session, actor=actor, action="shop.watch", object_type="shop", detail={"shops": ids}, at=at)
    return ids
