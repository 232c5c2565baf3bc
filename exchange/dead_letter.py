"""Messages that came to a stop: outgoing ones refused for good, incoming ones whose effect failed by a fault of ours.

Driving one again keeps its id, its number and its content, so that the other side knows it for the same.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.envelope import signed_bytes
from exchange.errors import HandlerError, RedriveError
from exchange.gateway import Gateway
from exchange.keys import NodeKeys
from exchange.peers import known
from exchange.receipt import REJECTED, Line, give
from kernel import audit
from kernel.db import Database
from kernel.models import Delivery, Message, Stream

MAX_TRIES = 8
"""Tries of an effect that fails by a fault of ours, before a person has to look."""


def anything_posted(database: Database) -> bool:
    """True when there is something in the outbox or on its way."""
    with database.read() as session:
        query = select(Message.id).where(Message.direction == "out", Message.state.in_(("posted", "sealed"))).limit(1)
        return session.execute(query).first() is not None


def streams_to_try(database: Database, pace: Sequence[float], *, at: datetime) -> list[int]:
    """Streams that wait before a failed effect which is due to be tried again."""
    with database.read() as session:
        wanted = (Message.direction == "in", Message.state == "failed", Message.attempts < MAX_TRIES)
        rows = session.execute(select(Message.stream_id, Message.attempts, Message.at).where(*wanted)).all()
    due = []
    for row in rows:
        # The waits add up from the arrival on, so that nothing else has to be remembered.
        waits = sum(pace[min(number, len(pace) - 1)] for number in range(row.attempts))
        if row.stream_id is not None and at >= row.at + timedelta(seconds=waits):
            due.append(row.stream_id)
    return sorted(set(due))


def dead_count(session: Session) -> int:
    """How many messages stand still."""
    outgoing = select(func.count()).select_from(Delivery).where(Delivery.state == "dead")
    unsealed = select(func.count()).select_from(Message).where(Message.state.in_(("dead", "failed")))
    return session.execute(outgoing).scalar_one() + session.execute(unsealed).scalar_one()


def redrive(session: Session, keys: NodeKeys, message_row: int, *, actor: str, at: datetime) -> str:
    """Send a dead letter again, under its own id and number, signed anew with our present key.

    Returns:
        the id of the message.

    Raises:
        RedriveError: it is not a dead letter of ours.

    Effects: tables ``message``, ``delivery``, ``audit``.
    """
    row = session.get(Message, message_row, with_for_update=True)
    delivery = session.execute(select(Delivery).where(Delivery.message_row == message_row)).scalar_one_or_none()
    if row is None or row.direction == "in" or (row.state != "dead" and (delivery is None or delivery.state != "dead")):
        raise RedriveError("expected a dead letter, got a message that is none", hint="刷新页面 Reload the page.")
    if row.state == "dead":
        row.state, row.error_code, row.error = "posted", "", ""
    elif delivery is not None:
        if row.direction == "out":
            row.kid, value = keys.sign(row.suite, signed_bytes(row.envelope.encode()))
            row.signature = base64.b64encode(value).decode()
        delivery.state, delivery.attempts, delivery.next_at = "waiting", 0, at
        delivery.code = delivery.error = ""
    detail = {"message_id": row.message_id, "receiver": row.receiver, "type": row.type}
    audit.append(
        session, actor=actor, action="exchange.redriven", object_type="message", object_id=row.id, detail=detail, at=at
    )
    return row.message_id


def try_again(gateway: Gateway, message_row: int, *, actor: str, at: datetime) -> str:
    """Try the effect of an incoming message again, and of those that wait behind it.

    Returns:
        its state afterwards.

    Raises:
        RedriveError: it does not wait for that.

    Effects: as :meth:`exchange.gateway.Gateway.release`; table ``audit``.
    """
    with gateway.database.write() as session:
        row = session.get(Message, message_row)
        if row is None or row.state != "failed" or row.stream_id is None:
            raise RedriveError("expected a message whose effect failed, got another", hint="刷新页面 Reload the page.")
        stream_id, detail = row.stream_id, {"message_id": row.message_id, "type": row.type}
        audit.append(
            session, actor=actor, action="exchange.effect-tried", object_type="message", object_id=row.id,
            detail=detail, at=at,
        )  # fmt: skip
    gateway.release(stream_id, at=at)
    with gateway.database.read() as session:
        return session.get_one(Message, message_row).state


def set_aside(gateway: Gateway, message_row: int, *, reason: str, actor: str, at: datetime) -> None:
    """Reject an incoming message whose effect fails again and again, with a person's reason; its stream goes on.

    Raises:
        RedriveError: it does not wait for that, or is not the next of its stream.

    Effects: tables ``message``, ``stream``, ``receipt``, ``receipt_sheet``, ``audit``; then as ``release``.
    """
    book = gateway.book()
    with gateway.database.write() as session:
        row = session.get(Message, message_row, with_for_update=True)
        stream = session.get(Stream, row.stream_id, with_for_update=True) if row and row.stream_id else None
        if row is None or stream is None or row.state != "failed" or row.seq != stream.last_seq + 1:
            raise RedriveError("expected the failed message that its stream waits for, got another")
        line = Line(row.message_id, row.digest, REJECTED, "", HandlerError.code, reason[:500])
        row.state, row.error, row.done_at = "rejected", reason[:500], at
        stream.last_seq, stream.head = row.seq, row.digest
        taker = known(book, row.came_from or gateway.keys.org)
        give(session, gateway.keys, taker.suite, taker.code, [line], at=at)
        audit.append(
            session, actor=actor, action="exchange.set-aside", object_type="message", object_id=row.id,
            detail={"message_id": row.message_id, "reason": reason[:200]}, at=at,
        )  # fmt: skip
        number = stream.id
    gateway.release(number, at=at)
