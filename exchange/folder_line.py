"""The exchange over a shared folder (前置机): messages as files, receipt sheets as files, the same door and book.

A peer whose address is ``folder:/path`` is reached this way. A message that was stored but not yet processed there is
put again later: its answer then brings the receipt that was still out.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from exchange.acknowledgement import take_sheet
from exchange.envelope import read_json
from exchange.errors import EnvelopeError, ExchangeError, WindowError
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
MAX_TRIES = 10
PACE = (60.0, 600.0, 3_600.0)


def box_of(peer: KnownPeer, me: str) -> FrontBox:
    """The folder of a peer as this side sees it."""
    return FrontBox(Path(unquote(urlsplit(peer.url).path)), me, peer.code)


def turn_folders(gateway: Gateway, *, at: datetime, max_tries: int = MAX_TRIES) -> tuple[int, int, int]:
    """One round at the folder of every active peer that has one; messages put, taken and receipted.

    Args:
        max_tries: refusals after which a message is a dead letter.

    Effects: files in the folders; tables of the exchange.
    """
    total = (0, 0, 0)
    for peer in gateway.book().values():
        if urlsplit(peer.url).scheme == SCHEME and peer.state == "active":
            done = turn_folder(gateway, peer, at=at, max_tries=max_tries)
            total = (total[0] + done[0], total[1] + done[1], total[2] + done[2])
    return total


def turn_folder(gateway: Gateway, peer: KnownPeer, *, at: datetime, max_tries: int = MAX_TRIES) -> tuple[int, int, int]:
    """One round at one folder. Effects: as of :func:`turn_folders`."""
    if peer.scopes:
        with gateway.database.write() as session:
            hold_back(session, peer)

    def take(data: bytes) -> bytes:
        return _take(gateway, peer, data, at)

    def on_receipt(data: bytes) -> None:
        _settle(gateway, peer, data, max_tries, at)

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


def _settle(gateway: Gateway, peer: KnownPeer, data: bytes, max_tries: int, at: datetime) -> None:
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
                _refused(session, peer, item, max_tries, at)


def _refused(session: Session, peer: KnownPeer, item: Mapping[str, Any], max_tries: int, at: datetime) -> None:
    """A message that was not taken rests, the longer the oftener; after too many times it is a dead letter."""
    number, code = str(item.get("message_id", ""))[:36], str(item.get("code", ""))[:60]
    query = select(Delivery).join(Message, Message.id == Delivery.message_row)
    query = query.where(Message.message_id == number, Message.direction != "in")
    query = query.where(Delivery.peer == peer.code, Delivery.state == "waiting")
    for row in session.execute(query).scalars():
        row.attempts += 1
        row.code, row.error = code, str(item.get("message", ""))[:500]
        row.sent_at, row.next_at = at, next_try(row.attempts, PACE, at)
        # A place that is too far ahead is not the message's fault: it waits for the gap to be filled.
        row.state = "dead" if row.attempts >= max_tries and code != WindowError.code else "waiting"
