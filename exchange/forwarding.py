"""Messages on their way through: kept, handed on unchanged, and noted as a hop."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from exchange import scope
from exchange.errors import RecipientError
from exchange.keys import NodeKeys
from exchange.message_row import row_of
from exchange.opening import Opened
from exchange.peers import Book
from exchange.receipt import DUPLICATE, STORED, Line
from exchange.routing import next_hop
from kernel.batch import batched
from kernel.errors import WangjianError
from kernel.models import Delivery, Hop, Message

CHUNK = 400
Refuse = Any


def _known(session: Session, numbers: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in batched(numbers, CHUNK):
        query = select(Message.message_id).where(Message.direction == "through", Message.message_id.in_(part))
        found |= set(session.execute(query).scalars())
    return found


def pass_on(
    session: Session, batch: Sequence[Opened], book: Book, keys: NodeKeys, came_from: str, *, at: datetime
) -> tuple[list[Line], list[tuple[str, WangjianError]]]:
    """Keep messages for organisations that are hosted elsewhere, each once, with the next hop they go to.

    Returns:
        lines for the receipt sheet, and what was refused with its reason.

    Effects: tables ``message``, ``delivery``, ``hop``.
    """
    lines: list[Line] = []
    refused: list[tuple[str, WangjianError]] = []
    known = _known(session, [item.envelope.message_id for item in batch])
    for opened in batch:
        number = opened.envelope.message_id
        if number in known:
            lines.append(Line(number, opened.digest, DUPLICATE))
            continue
        try:
            peer = next_hop(opened.envelope.receiver, keys.org, book)
            if peer == came_from:
                raise RecipientError(f"expected a way that leads on, got one back to {came_from}")
            scope.require_whole(scope.on_the_way(book, peer), opened.envelope.type, opened.envelope.payload)
        except WangjianError as error:
            refused.append((number, error))
            continue
        known.add(number)
        _keep(session, opened, (came_from, keys.org, peer), at)
        lines.append(Line(number, opened.digest, STORED))
    return lines, refused


def _keep(session: Session, opened: Opened, hop: tuple[str, str, str], at: datetime) -> None:
    came_from, own, peer = hop
    values = row_of(opened, direction="through", stream_id=None, state="passing", came_from=came_from, at=at)
    row = Message(**values)
    session.add(row)
    session.flush()
    session.execute(
        insert(Delivery),
        [
            {
                "message_row": row.id,
                "peer": peer,
                "state": "waiting",
                "attempts": 0,
                "next_at": at,
                "code": "",
                "error": "",
            }
        ],
    )
    station = {"message_id": row.message_id, "node": own, "next_node": peer, "at": at, "sheet": ""}
    session.execute(insert(Hop), [station])
