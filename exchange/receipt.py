"""Receipts: what became of each message, on sheets that the receiver signs.

Four kinds: ``STORED`` (safe here), ``PROCESSED`` (had its effect, or was the same or an older version),
``REJECTED`` (with code and rows; its place in the stream is used up), ``DUPLICATE`` (was here before; the sheet
with the first receipt is sent again with it).

Spec: GB/T 21062.3-2007 (receipts); GB/T 22239-2019 8.1.4.8 (non-repudiation of receiving).
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from exchange.envelope import read_json
from exchange.errors import EnvelopeError, ReceiptError
from exchange.keys import NodeKeys
from exchange.peers import Book, known, verify
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.errors import ClockError
from kernel.identifiers import uuid7
from kernel.models import Receipt, ReceiptSheet
from kernel.prepared import Prepared
from kernel.rows import insert_rows, table_of

STORED, REJECTED, DUPLICATE, PROCESSED = KINDS = ("STORED", "REJECTED", "DUPLICATE", "PROCESSED")
FORMAT = "wangjian-exchange/1 receipts"
PREFIX = b"wangjian-exchange/1 receipts\n"
MAX_SHEET_BYTES = 4_000_000
_SHEETS = table_of(ReceiptSheet)
_COLUMNS = ("direction", "number", "giver", "taker", "body", "digest", "signature", "at")
_SHEET = Prepared(
    insert(_SHEETS)
    .values({name: bindparam(f"{name}_", type_=_SHEETS.c[name].type) for name in _COLUMNS})
    .returning(_SHEETS.c.id)
)
_SAME = Prepared(
    select(_SHEETS.c.id).where(_SHEETS.c.direction == bindparam("direction_"), _SHEETS.c.digest == bindparam("digest_"))
)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one message.

    Attributes:
        digest: of the message, as its receiver computed it. outcome: ``applied`` ``same`` ``stale`` ``kept``
            ``dry-run``, for processed ones. code, message, rows: why it was rejected.
    """

    message_id: str
    digest: str
    kind: str
    outcome: str = ""
    code: str = ""
    message: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it stands on the sheet; what is empty is left out, sheets are long."""
        found: dict[str, Any] = {"message_id": self.message_id, "digest": self.digest, "kind": self.kind}
        for name in ("outcome", "code", "message"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        if self.rows:
            found["rows"] = [dict(row) for row in self.rows]
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it travels: ``body`` is canonical JSON text, ``signature`` ``{"suite","kid","value"}``."""

    body: str
    signature: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"body": self.body, "signature": dict(self.signature)}


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet that was checked."""

    number: str
    giver: str
    taker: str
    at: datetime
    lines: tuple[Line, ...]
    sheet: Sheet

    @property
    def digest(self) -> str:
        """SHA-256 of its body, hex."""
        return sha256_hex(self.sheet.body.encode())


def give(
    session: Session, keys: NodeKeys, suite_name: str, taker: str, lines: Sequence[Line], *, at: datetime
) -> Sheet:
    """Sign a sheet and keep it, in the transaction in which the lines came true.

    Effects: tables ``receipt_sheet``, ``receipt``.
    """
    number = uuid7(at)
    body = canonical_json(
        {
            "format": FORMAT,
            "number": number,
            "giver": keys.org,
            "taker": taker,
            "at": iso(at),
            "lines": [line.as_json() for line in lines],
        }
    )
    kid, value = keys.sign(suite_name, PREFIX + body)
    signature = {"suite": suite_name, "kid": kid, "value": base64.b64encode(value).decode()}
    sheet = Sheet(body.decode(), signature)
    _keep(session, "given", ReadSheet(number, keys.org, taker, at, tuple(lines), sheet), lines, at)
    return sheet


def read_sheet(value: object, book: Book, at: datetime) -> ReadSheet:
    """Check a sheet: form, and the signature of the organisation that gives it.

    Raises:
        ReceiptError: not a sheet. UnsignedError, ForgedError, DowngradeError, PeerError: as of its signature.
    """
    if not isinstance(value, dict) or not isinstance(value.get("body"), str):
        raise ReceiptError("expected a receipt sheet, got something else")
    body = value["body"]
    try:
        found = read_json(body, MAX_SHEET_BYTES)
        giver, lines = str(found["giver"]), tuple(_line(item) for item in found["lines"])
        read = ReadSheet(
            str(found["number"]),
            giver,
            str(found["taker"]),
            parse_iso(found["at"]),
            lines,
            Sheet(body, value.get("signature") or {}),
        )
        if found["format"] != FORMAT:
            raise ReceiptError("expected a receipt sheet, got another format")
    except (KeyError, TypeError, EnvelopeError, ClockError) as error:
        raise ReceiptError(f"expected a receipt sheet, got {type(error).__name__}") from error
    verify(known(book, giver), PREFIX + body.encode(), value.get("signature"), at)
    return read


def _line(item: Mapping[str, Any]) -> Line:
    if item["kind"] not in KINDS:
        raise ReceiptError(f"expected one of {', '.join(KINDS)}, got {str(item['kind'])[:20]!r}")
    return Line(
        str(item["message_id"]),
        str(item["digest"]),
        item["kind"],
        str(item.get("outcome", "")),
        str(item.get("code", ""))[:60],
        str(item.get("message", "")),
        tuple(item.get("rows", ())),
    )


def take(session: Session, read: ReadSheet, lines: Iterable[Line], *, direction: str = "taken", at: datetime) -> bool:
    """Keep a sheet that was checked, with those of its lines that concern us; False when we have it already.

    Effects: tables ``receipt_sheet``, ``receipt``.
    """
    if _SAME.rows(session, direction_=direction, digest_=read.digest):
        return False
    _keep(session, direction, read, tuple(lines), at)
    return True


def _keep(session: Session, direction: str, read: ReadSheet, lines: Sequence[Line], at: datetime) -> None:
    values = {
        "direction_": direction,
        "number_": read.number,
        "giver_": read.giver,
        "taker_": read.taker,
        "body_": read.sheet.body,
        "digest_": read.digest,
        "signature_": dict(read.sheet.signature),
        "at_": at,
    }
    number = _SHEET.first(session, **values).id
    insert_rows(session, Receipt, [_receipt(direction, read.giver, number, line, at) for line in lines])


def _receipt(direction: str, giver: str, sheet_id: int, line: Line, at: datetime) -> dict[str, Any]:
    return {
        "direction": direction,
        "message_id": line.message_id,
        "kind": line.kind,
        "giver": giver,
        "sheet_id": sheet_id,
        "outcome": line.outcome,
        "code": line.code,
        "rows": [dict(row) for row in line.rows],
        "at": at,
    }


def sheets_of(session: Session, message_ids: Sequence[str]) -> list[Sheet]:
    """The sheets that were given with the first receipts of some messages, each once, oldest first.

    With a sheet come those that say of its other messages that they were stored: where they were lost as well, nobody
    asks for them any more once it is known what came of the messages.
    """
    first = Receipt.direction == "given", Receipt.kind != DUPLICATE
    query = select(Receipt.sheet_id).where(*first, Receipt.message_id.in_(message_ids))
    found: set[int] = set()
    while new := set(session.execute(query.distinct()).scalars()) - found:
        found |= new
        told = select(Receipt.message_id).where(Receipt.sheet_id.in_(new), Receipt.kind.in_((PROCESSED, REJECTED)))
        query = select(Receipt.sheet_id).where(*first, Receipt.kind == STORED, Receipt.message_id.in_(told))
    rows = session.execute(select(ReceiptSheet).where(ReceiptSheet.id.in_(found)).order_by(ReceiptSheet.id))
    return [Sheet(row.body, row.signature) for row in rows.scalars()]
