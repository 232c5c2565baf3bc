"""The data sets that every pair of peers shares: the messages of each stream from one to the other.

A row is one message: its type, business key, version and number are the key, the SHA-256 of the sealed envelope the
content. Both sides hold the same bytes, so a message that was lost, changed in the records or made up is found.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from exchange.reconcile.desk import Source
from exchange.reconcile.tally import Row
from kernel.batch import batched
from kernel.models import Delivery, Message, Peer, Stream

NOT_COMPARED = frozenset({"recon", "receipt"})
"""Streams that tell of other streams."""
_DATA_SET = re.compile(r"stream/([0-9A-Z-]{2,20})/([a-z0-9][a-z0-9.-]{0,39})")
_NUMBER = re.compile(r"#([0-9]{1,18})$")
CHUNK = 400


def data_set_of(sender: str, stream: str) -> str:
    """The name of a stream as a data set, the same at both sides."""
    return f"stream/{sender}/{stream}"


def shared(session: Session, me: str) -> list[tuple[str, str]]:
    """Peer and data set of every stream of ours to an active peer."""
    query = (
        select(Stream.receiver, Stream.name)
        .join(Peer, Peer.code == Stream.receiver)
        .where(Stream.direction == "out", Stream.sender == me, Stream.receiver != me, Peer.state == "active")
        .order_by(Stream.receiver, Stream.name)
    )
    return [(peer, data_set_of(me, name)) for peer, name in session.execute(query) if name not in NOT_COMPARED]


def stream_source(me: str, peer: str, data_set: str) -> Source | None:
    """The rows of a stream between us and a peer; None when the name means something else."""
    match = _DATA_SET.fullmatch(data_set)
    if match is None or match[2] in NOT_COMPARED or match[1] not in {me, peer}:
        return None
    sender, name = match[1], match[2]
    direction, receiver = ("out", peer) if sender == me else ("in", me)
    wanted = (Stream.direction == direction, Stream.sender == sender, Stream.receiver == receiver, Stream.name == name)
    base = select(Message).join(Stream, Stream.id == Message.stream_id).where(*wanted)
    return Source(data_set, sender, partial(_rows, base), partial(_cut, base), partial(_mend, base))


def key_of(kind: str, biz_key: str, version: int, number: int) -> str:
    """The key of a message in a comparison."""
    return f"{kind}/{biz_key}@{version}#{number}"


def _rows(base: Select[Message], session: Session, cut: int) -> Iterator[Row]:
    columns = (Message.seq, Message.type, Message.biz_key, Message.biz_version, Message.envelope)
    query = base.with_only_columns(*columns).where(Message.seq <= cut)
    for seq, kind, biz_key, version, envelope in session.execute(query).yield_per(1_000):
        number = int(seq or 0)
        yield key_of(kind, biz_key, version, number), sha256(envelope.encode()).hexdigest(), number


def _cut(base: Select[Message], session: Session, before: datetime) -> int:
    query = base.with_only_columns(func.max(Message.seq)).where(Message.at < before)
    return session.execute(query).scalar() or 0


def _mend(base: Select[Message], session: Session, keys: Sequence[str], at: datetime) -> Mapping[str, str]:
    """Have messages delivered again, with their ids and numbers; what we have no more stays for a person."""
    numbers = {int(match[1]): key for key in keys if (match := _NUMBER.search(key))}
    found: dict[str, str] = {}
    ordered = sorted(numbers)
    for part in batched(ordered, CHUNK):
        query = base.with_only_columns(Message.id, Message.seq, Message.message_id)
        rows = session.execute(query.where(Message.seq.in_(part))).all()
        again = (
            update(Delivery)
            .where(Delivery.message_row.in_([row.id for row in rows]))
            .values(state="waiting", next_at=at, attempts=0, code="", error="")
            .execution_options(synchronize_session=False)
        )
        session.execute(again)
        found |= {numbers[row.seq]: row.message_id for row in rows}
    return found
