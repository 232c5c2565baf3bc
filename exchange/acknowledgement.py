"""Receipts that came: what they say is written to the messages, deliveries and hops they are about.

A peer may say that it stored a message it was handed. Only the receiver's own installation may say what came of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from exchange.keys import NodeKeys
from exchange.peers import Book
from exchange.receipt import PROCESSED, REJECTED, Line, ReadSheet, take
from exchange.routing import host_of
from kernel.batch import batched
from kernel.models import Delivery, Hop, Message
from kernel.prepared import Prepared
from kernel.rows import table_of, update_rows

CHUNK = 400
_M, _D, _H = table_of(Message).c, table_of(Delivery).c, table_of(Hop).c
_SENT = Prepared(
    select(
        _M.id, _M.message_id, _M.direction, _M.digest, _M.receiver, _M.came_from, _D.id.label("delivery"), _D.peer,
        _D.state.label("delivery_state"),
    )
    .join(table_of(Delivery), _D.message_row == _M.id)
    .where(_M.message_id.in_(bindparam("numbers", expanding=True)), _M.direction.in_(("out", "through")))
)  # fmt: skip
_ARRIVED = Prepared(
    update(table_of(Hop))
    .where(_H.message_id.in_(bindparam("numbers", expanding=True)), _H.acknowledged_at.is_(None), _H.next_node != "")
    .values(
        acknowledged_at=bindparam("at_", type_=_H.acknowledged_at.type), sheet=bindparam("sheet_", type_=_H.sheet.type)
    )
)


@dataclass(frozen=True, slots=True)
class _Known:
    """A message of ours that a sheet is about."""

    id: int
    message_id: str
    direction: str
    digest: str
    receiver: str
    came_from: str
    delivery: int
    peer: str
    state: str


def _find(session: Session, numbers: Sequence[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for part in batched(numbers, CHUNK):
        found |= {row[1]: _Known(*row) for row in _SENT.rows(session, numbers=part)}
    return found


def take_sheet(session: Session, read: ReadSheet, book: Book, keys: NodeKeys, *, at: datetime) -> int:
    """Write what a checked sheet says. A sheet that came before changes nothing.

    Returns:
        how many messages it told something about.

    Effects: tables ``receipt_sheet``, ``receipt``, ``message``, ``delivery``, ``hop``.
    """
    known = _find(session, sorted({line.message_id for line in read.lines}))
    lines = [line for line in read.lines if _concerns(line, known, read, book, keys)]
    if not lines or not take(session, read, lines, at=at):
        return 0
    newest: dict[str, Line] = {}
    for line in lines:
        if line.kind in {PROCESSED, REJECTED} or line.message_id not in newest:
            newest[line.message_id] = line
    _settle(session, newest, known, at)
    acknowledged = [number for number in newest if known[number].state == "waiting"]
    for part in batched(acknowledged, CHUNK):
        _ARRIVED.run(session, numbers=part, at_=at, sheet_=read.number)
    for taker in sorted({known[number].came_from for number in newest if known[number].direction == "through"}):
        forwarded = ReadSheet(read.number, read.giver, taker, read.at, read.lines, read.sheet)
        take(session, forwarded, (), direction="forward", at=at)
    return len(newest)


def _concerns(line: Line, known: Mapping[str, _Known], read: ReadSheet, book: Book, keys: NodeKeys) -> bool:
    found = known.get(line.message_id)
    if found is None or found.digest != line.digest:
        return False
    if line.kind in {PROCESSED, REJECTED}:
        return read.giver == host_of(found.receiver, keys.org, book)
    return read.giver == found.peer


def _settle(session: Session, newest: Mapping[str, Line], known: Mapping[str, _Known], at: datetime) -> None:
    messages: list[dict[str, Any]] = []
    finished: list[dict[str, Any]] = []
    stored: list[dict[str, Any]] = []
    for number, line in newest.items():
        found = known[number]
        if line.kind not in {PROCESSED, REJECTED}:
            if found.state in {"waiting", "dead"}:
                stored.append({"id": found.delivery, "state": "stored", "stored_at": at, "code": "", "error": ""})
            continue
        finished.append({"id": found.delivery, "state": "done", "done_at": at, "code": line.code, "error": ""})
        state = "processed" if line.kind == PROCESSED else "rejected"
        messages.append(
            {"id": found.id, "state": "passed" if found.direction == "through" else state, "outcome": line.outcome,
             "done_at": at, "error_code": line.code, "error": line.message, "rows": [dict(row) for row in line.rows]}
        )  # fmt: skip
    update_rows(session, Message, messages)
    update_rows(session, Delivery, finished)
    update_rows(session, Delivery, stored)
