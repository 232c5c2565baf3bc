"""The exchange over a shared folder (前置机): messages as files, receipt sheets as files, the same door and book.

A peer whose address is ``folder:/path`` is reached this way. A message that was stored but not yet processed there is
put again later: its answer then brings the receipt that was still out.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import and_, or_, select, update

from exchange.acknowledgement import take_sheet
from exchange.envelope import read_json
from exchange.errors import EnvelopeError, ExchangeError
from exchange.front_box import FrontBox, turn
from exchange.gateway import Gateway
from exchange.peers import KnownPeer
from exchange.receipt import read_sheet
from exchange.retry import next_try
from exchange.scope import hold_back
from kernel.crypto import canonical_json
from kernel.models import Delivery, Message

SCHEME = "folder"
BATCH = 500
MAX_LINE_BYTES = 2_000_000
ASK_AGAIN = timedelta(minutes=5)
PACE = (60.0, 600.0, 3_600.0)


def box_of(peer: KnownPeer, me: str) -> FrontBox:
    """The folder of a peer as this side sees it."""
    return FrontBox(Path(unquote(urlsplit(peer.url).path)), me, peer.code)


def turn_folders(gateway: Gateway, *, at: datetime) -> tuple[int, int, int]:
    """One round at the folder of every active peer that has one; messages put, taken and receipted.

    Effects: files in the folders; tables of the exchange.
    """
    total = (0, 0, 0)
    for peer in gateway.book().values():
        if urlsplit(peer.url).scheme == SCHEME and peer.state == "active":
            done = turn_folder(gateway, peer, at=at)
            total = (total[0] + done[0], total[1] + done[1], total[2] + done[2])
    return total


def turn_folder(gateway: Gateway, peer: KnownPeer, *, at: datetime) -> tuple[int, int, int]:
    """One round at one folder. Effects: as of :func:`turn_folders`."""
    if peer.scopes:
        with gateway.database.write() as session:
            hold_back(session, peer)

    def take(data: bytes) -> bytes:
        return _take(gateway, peer, data, at)

    def on_receipt(data: bytes) -> None:
        _settle(gateway, peer, data, at)

    return turn(box_of(peer, gateway.keys.org), _outgoing(gateway, peer, at), take, on_receipt)


def _outgoing(gateway: Gateway, peer: KnownPeer, at: datetime) -> list[tuple[int, bytes]]:
    due = or_(
        and_(Delivery.state == "waiting", Delivery.next_at <= at),
        and_(Delivery.state == "stored", Delivery.stored_at <= at - ASK_AGAIN),
    )
    columns = (Message.id, Message.envelope, Message.suite, Message.kid, Message.signature)
    query = select(*columns).join(Delivery, Delivery.message_row == Message.id).where(Delivery.peer == peer.code, due)
    with gateway.database.read() as session:
        rows = session.execute(query.order_by(Message.id).limit(BATCH)).all()
    return [(row.id, _line(row)) for row in rows]


def _line(row: Any) -> bytes:
    signature = {"kid": row.kid, "suite": row.suite, "value": row.signature}
    return canonical_json({"envelope": read_json(row.envelope, MAX_LINE_BYTES), "signature": signature})


def _take(gateway: Gateway, peer: KnownPeer, data: bytes, at: datetime) -> bytes:
    try:
        value = read_json(data, MAX_LINE_BYTES)
    except EnvelopeError:
        value = None
    given = gateway.take_messages([value], peer.code, gateway.book(), at=at)
    return canonical_json(given)


def _settle(gateway: Gateway, peer: KnownPeer, data: bytes, at: datetime) -> None:
    try:
        answer = json.loads(data)
    except ValueError:
        return
    if not isinstance(answer, dict):
        return
    book = gateway.book()
    with gateway.database.write() as session:
        for value in answer.get("sheets", ()):
            try:
                take_sheet(session, read_sheet(value, book, at), book, gateway.keys, at=at)
            except ExchangeError:
                continue  # an answer that does not hold settles nothing; the message is put again
        for item in answer.get("refused", ()):
            if isinstance(item, dict):
                rows = select(Message.id).where(
                    Message.message_id == str(item.get("message_id", ""))[:36], Message.direction != "in"
                )
                session.execute(
                    update(Delivery)
                    .where(Delivery.message_row.in_(rows), Delivery.peer == peer.code, Delivery.state == "waiting")
                    .values(
                        attempts=Delivery.attempts + 1, code=str(item.get("code", ""))[:60],
                        error=str(item.get("message", ""))[:500], next_at=next_try(1, PACE, at),
                    )
                    .execution_options(synchronize_session=False)
                )  # fmt: skip
