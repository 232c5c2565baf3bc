"""The exchange for its console: peers, streams, messages, receipts, hops, what stands still."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from api.errors import NotFoundError
from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from api.queries.waits import Wait, wait_of
from exchange import batch_stamp
from exchange.errors import RedriveError
from kernel.models import BatchStamp, Delivery, Hop, Message, Peer, Receipt, ReceiptSheet, Stream

STREAMS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A peer with what waits for it.

    Attributes:
        waiting: messages not stored there yet. oldest: when the oldest of them was sealed. unanswered: stored there,
            and what came of them not told yet. dead: dead letters.
    """

    peer: Peer
    waiting: int
    oldest: datetime | None
    unanswered: int
    dead: int


@dataclass(frozen=True, slots=True)
class Console:
    """The first page.

    Attributes:
        unstamped: messages without a timestamp. stamps: the newest batches.
    """

    peers: tuple[PeerRow, ...]
    streams: tuple[Stream, ...]
    states: Mapping[str, int]
    dead: int
    unstamped: int
    stamps: tuple[BatchStamp, ...]


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What to list; empty means any. ``key`` is a message id or a business key."""

    direction: str = ""
    state: str = ""
    type: str = ""
    stream: str = ""
    peer: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """One message with all that is known of its way."""

    message: Message
    envelope: Mapping[str, Any]
    delivery: Delivery | None
    receipts: tuple[tuple[Receipt, ReceiptSheet], ...]
    hops: tuple[Hop, ...]
    proof: batch_stamp.Proof | None
    can_redrive: bool
    can_try: bool
    wait: Wait | None = None


def _peers(session: Session) -> tuple[PeerRow, ...]:
    def number(state: str) -> Any:
        return func.sum(case((Delivery.state == state, 1), else_=0))

    oldest = func.min(case((Delivery.state == "waiting", Message.at)))
    query = (
        select(Delivery.peer, number("waiting"), number("stored"), number("dead"), oldest)
        .join(Message, Message.id == Delivery.message_row)
        .where(Delivery.state != "done")
        .group_by(Delivery.peer)
    )
    waiting = {row[0]: row for row in session.execute(query)}
    peers = session.execute(select(Peer).order_by(Peer.code)).scalars()
    found = []
    for peer in peers:
        row = waiting.get(peer.code, (peer.code, 0, 0, 0, None))
        found.append(PeerRow(peer, row[1], row[4], row[2], row[3]))
    return tuple(found)


def read_console(session: Session, scope: Scope) -> Console:
    """The state of the exchange now; empty for who may not see it."""
    if not scope.may(Permission.EXCHANGE_READ):
        raise NotFoundError("expected somebody who may see the exchange, got another")
    streams = select(Stream).order_by(Stream.last_at.desc(), Stream.id).limit(STREAMS_SHOWN)
    stamps = select(BatchStamp).order_by(BatchStamp.id.desc()).limit(5)
    return Console(
        peers=_peers(session),
        streams=tuple(session.execute(streams).scalars()),
        states=counts(session, Message.state),
        dead=session.execute(select(func.count()).select_from(_stopped(scope).subquery())).scalar_one(),
        unstamped=batch_stamp.backlog(session),
        stamps=tuple(session.execute(stamps).scalars()),
    )


def _stopped(scope: Scope) -> Any:
    dead = select(Delivery.message_row).where(Delivery.state == "dead")
    query = select(Message).where(allowed(scope, Permission.EXCHANGE_READ))
    return query.where(or_(Message.state.in_(("dead", "failed")), Message.id.in_(dead)))


def list_stopped(
    session: Session, scope: Scope, *, before: int | None = None
) -> Slice[tuple[Message, Delivery | None]]:
    """Messages that stand still, newest first, each with its delivery."""
    rows, total, next_before = cut(session, _stopped(scope), Message.id, before=before, limit=PAGE_SIZE)
    found = [row[0] for row in rows]
    query = select(Delivery).where(Delivery.message_row.in_([row.id for row in found]))
    deliveries = {row.message_row: row for row in session.execute(query).scalars()}
    return Slice(tuple((row, deliveries.get(row.id)) for row in found), total, next_before)


def list_messages(
    session: Session, scope: Scope, wanted: MessageFilter, *, before: int | None = None
) -> Slice[Message]:
    """Messages, newest first."""
    query = select(Message).where(allowed(scope, Permission.EXCHANGE_READ))
    query = narrowed(
        query,
        (Message.direction, wanted.direction),
        (Message.state, wanted.state),
        (Message.type, wanted.type),
    )
    if wanted.stream.isdigit():
        query = query.where(Message.stream_id == int(wanted.stream))
    if wanted.peer:
        handed = select(Delivery.message_row).where(Delivery.peer == wanted.peer)
        query = query.where(or_(Message.came_from == wanted.peer, Message.id.in_(handed)))
    if wanted.key:
        query = query.where(or_(Message.message_id == wanted.key, Message.biz_key == wanted.key))
    rows, total, next_before = cut(session, query, Message.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, next_before)


def message_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are of each direction, state and type."""
    condition = allowed(scope, Permission.EXCHANGE_READ)
    columns = {"direction": Message.direction, "state": Message.state, "type": Message.type}
    return {name: counts(session, column, condition) for name, column in columns.items()}


def read_message(session: Session, scope: Scope, row: int) -> MessageDetail:
    """One message. Sealed fields stay sealed: the console opens nothing.

    Raises:
        NotFoundError: there is none, or not for this person.
    """
    query = select(Message).where(Message.id == row, allowed(scope, Permission.EXCHANGE_READ))
    message = require(session.execute(query).scalar_one_or_none(), "a message", "消息列表")
    delivery = session.execute(select(Delivery).where(Delivery.message_row == row)).scalar_one_or_none()
    side = "given" if message.direction == "in" else "taken"
    receipts = (
        select(Receipt, ReceiptSheet)
        .join(ReceiptSheet, ReceiptSheet.id == Receipt.sheet_id)
        .where(Receipt.message_id == message.message_id, Receipt.direction == side)
        .order_by(Receipt.id)
    )
    hops = select(Hop).where(Hop.message_id == message.message_id).order_by(Hop.id)
    return MessageDetail(
        message=message,
        envelope=json.loads(message.envelope) if message.envelope else _posted(message),
        delivery=delivery,
        receipts=tuple((found[0], found[1]) for found in session.execute(receipts)),
        hops=tuple(session.execute(hops).scalars()),
        proof=_proof(session, row),
        can_redrive=message.state == "dead" or (delivery is not None and delivery.state == "dead"),
        can_try=message.state == "failed",
        wait=wait_of(session, message, delivery),
    )


def _posted(message: Message) -> dict[str, Any]:
    """What is known of a message that is not sealed yet; its payload may hold plain personal data and is left out."""
    return {"type": message.type, "biz_key": message.biz_key, "receiver": message.receiver, "payload": {}}


def _proof(session: Session, row: int) -> batch_stamp.Proof | None:
    try:
        return batch_stamp.prove(session, row)
    except RedriveError:
        return None


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """What to list; empty means any."""

    kind: str = ""
    direction: str = ""


def list_receipts(
    session: Session, scope: Scope, wanted: ReceiptFilter, *, before: int | None = None
) -> Slice[tuple[Receipt, ReceiptSheet]]:
    """Receipts given and taken, newest first."""
    query = select(Receipt, ReceiptSheet).join(ReceiptSheet, ReceiptSheet.id == Receipt.sheet_id)
    query = query.where(allowed(scope, Permission.EXCHANGE_READ))
    query = narrowed(query, (Receipt.kind, wanted.kind), (Receipt.direction, wanted.direction))
    rows, total, next_before = cut(session, query, Receipt.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple((row[0], row[1]) for row in rows), total, next_before)
