"""Replay: what was received is gone through again as a dry run, or one message is shown again to its receiver.

Neither has an effect, and both are marked: a replay is for finding out, mending goes by a new version.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.envelope import read_envelope, read_json
from exchange.errors import RedriveError
from exchange.keys import NodeKeys
from exchange.opening import check_signed, open_message
from exchange.outbox import Draft, post
from exchange.peers import Book
from kernel import audit
from kernel.clock import parse_iso
from kernel.errors import WangjianError
from kernel.models import Message


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a message would meet today.

    Attributes:
        then: its state when it came. now: ``ok``, or the code of what is wrong. message: that in words.
        chained: it follows the one before it.
    """

    seq: int
    message_id: str
    then: str
    now: str
    message: str
    chained: bool


def replay_stream(
    session: Session, book: Book, keys: NodeKeys, stream_id: int, *, first: int, last: int, at: datetime
) -> Iterator[Replayed]:
    """Go through a part of an incoming stream: signature, chain, sealed fields, schema. Changes nothing.

    Args:
        first, last: numbers, both included. at: as which the checks are made, aware UTC; expiry is judged as of the
            time each message came.
    """
    query = select(Message).where(Message.stream_id == stream_id, Message.seq >= first, Message.seq <= last)
    before = ""
    for row in session.execute(query.order_by(Message.seq)).scalars():
        code, text = "ok", ""
        value = {
            "envelope": read_json(row.envelope),
            "signature": {"suite": row.suite, "kid": row.kid, "value": row.signature},
        }
        try:
            opened = open_message(check_signed(value, book, row.at), book, keys, row.at)
            if opened.fault is not None:
                raise opened.fault
        except WangjianError as error:
            code, text = error.code, error.message
        prev = read_envelope(value["envelope"]).prev
        yield Replayed(row.seq or 0, row.message_id, row.state, code, text, before in {"", prev})
        before = row.digest
    del at


def show_again(session: Session, message_row: int, *, actor: str, at: datetime) -> str:
    """Post a message once more, marked as a replay: the receiver checks it and does nothing.

    Returns:
        id of the new message; its envelope names the old one.

    Raises:
        RedriveError: not one of ours, or one with sealed fields (their plain text is not kept).

    Effects: tables ``message``, ``audit``.
    """
    row = session.get(Message, message_row)
    if row is None or row.direction != "out" or not row.envelope:
        raise RedriveError("expected a message of ours that was sent, got another")
    envelope = read_envelope(read_json(row.envelope))
    if envelope.key:
        raise RedriveError(
            "expected a message without sealed fields, got one whose plain text is not kept",
            hint="由来源处重新发出新版本 Post a new version from its source.",
        )
    draft = Draft(
        type=envelope.type,
        version=envelope.version,
        op=envelope.op,
        biz_key=envelope.biz_key,
        biz_version=envelope.biz_version,
        payload=envelope.payload,
        receiver=envelope.receiver,
        stream=envelope.stream,
        event_at=parse_iso(envelope.event_time),
        legal_basis=envelope.legal_basis,
        purpose=envelope.purpose,
        classification=envelope.classification,
        correlation_id=envelope.correlation_id,
        region=envelope.jurisdiction,
        replay_of=envelope.message_id,
    )
    number = post(session, draft, at=at)
    detail = {"message_id": number, "replay_of": envelope.message_id}
    audit.append(
        session, actor=actor, action="exchange.replayed", object_type="message", object_id=row.id, detail=detail, at=at
    )
    return number
