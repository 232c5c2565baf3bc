"""From posted to sealed: place in the stream, chain, signature, first hop. In order, and off the caller's path."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from exchange import field_cipher
from exchange.bulk import change
from exchange.envelope import GENESIS, Envelope, signed_bytes
from exchange.keys import NodeKeys
from exchange.message_row import MESSAGES
from exchange.organisation import level
from exchange.peers import Book, known, open_book
from exchange.routing import host_of, next_hop
from exchange.suite import suite
from kernel.clock import iso
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.identifiers import uuid7
from kernel.models import Delivery, Hop, Message, Stream

BATCH = 500
DELIVERIES = cast("Table", Delivery.__table__)
HOPS = cast("Table", Hop.__table__)


@dataclass(frozen=True, slots=True)
class Sealer:
    """What sealing needs to know.

    Attributes:
        ours: suites of this installation, preferred first; the first one signs what stays here.
    """

    keys: NodeKeys
    book: Book
    ours: Sequence[str]
    at: datetime

    def suite_for(self, host: str) -> str:
        """The suite agreed with a host; our own preference where it is not known."""
        return known(self.book, host).suite if host else self.ours[0]


def seal_waiting(database: Database, keys: NodeKeys, ours: Sequence[str], *, at: datetime, limit: int = BATCH) -> int:
    """Seal what was posted, in the order in which it was posted, in one transaction.

    Returns:
        how many messages were taken up; call again while it is ``limit``.

    Effects: tables ``message``, ``stream``, ``delivery``, ``hop``.
    """
    with database.read() as session:
        if session.execute(_posted(1)).first() is None:
            return 0
    with database.write() as session:
        rows = session.execute(_posted(limit)).all()
        sealer = Sealer(keys, open_book(session, keys, ours), ours, at)
        streams = _Streams(session, keys.org)
        batch_id = uuid7(at)
        done, deliveries, hops = [], [], []
        for row in rows:
            try:
                changes, peer = _seal(sealer, streams, row, batch_id)
            except WangjianError as error:
                changes = {
                    "id": row.id,
                    "state": "dead",
                    "error_code": error.code,
                    "error": error.message,
                    "sender": keys.org,
                }
                session.execute(update(Message).where(Message.id == row.id).values(**changes))
                continue
            done.append(changes)
            deliveries.append({"message_row": row.id, "peer": peer, "state": "waiting", "attempts": 0, "next_at": at,
                               "code": "", "error": ""})  # fmt: skip
            hops.append({"message_id": row.message_id, "node": keys.org, "next_node": peer, "at": at, "sheet": ""})
        if done:
            change(session, MESSAGES, done)
            session.execute(insert(DELIVERIES), deliveries)
            session.execute(insert(HOPS), hops)
        streams.save(at)
    return len(rows)


_Payload = tuple[dict[str, Any], dict[str, str]]


def _posted(limit: int) -> Any:
    columns = (Message.id, Message.message_id, Message.draft, Message.biz_key, Message.biz_version)
    return (
        select(*columns).where(Message.direction == "out", Message.state == "posted").order_by(Message.id).limit(limit)
    )


class _Streams:
    """The outgoing streams of a batch, each read once and locked."""

    def __init__(self, session: Session, org: str) -> None:
        self._session, self._org = session, org
        self._found: dict[tuple[str, str], Stream] = {}

    def get(self, receiver: str, name: str) -> Stream:
        """The stream to a receiver, made at the first message."""
        found = self._found.get((receiver, name))
        if found is None:
            wanted = (Stream.direction == "out", Stream.sender == self._org, Stream.receiver == receiver)
            query = select(Stream).where(*wanted, Stream.name == name).with_for_update()
            found = self._session.execute(query).scalar_one_or_none()
            if found is None:
                found = Stream(
                    direction="out", sender=self._org, receiver=receiver, name=name, last_seq=0, head=GENESIS
                )
                self._session.add(found)
                self._session.flush()
            self._found[receiver, name] = found
        return found

    def save(self, at: datetime) -> None:
        """Note when each was used."""
        for found in self._found.values():
            found.highest_seq, found.last_at = found.last_seq, at


def _seal(sealer: Sealer, streams: _Streams, row: Any, batch_id: str) -> tuple[dict[str, Any], str]:
    draft = row.draft
    host = host_of(draft["receiver"], sealer.keys.org, sealer.book)
    peer = next_hop(draft["receiver"], sealer.keys.org, sealer.book)
    name = sealer.suite_for(host)
    used = suite(name)
    payload: dict[str, Any] = draft["payload"]
    key: dict[str, str] = {}
    if field_cipher.has_any(payload, draft["personal_fields"]):
        payload, key = field_cipher.seal_fields(
            payload, draft["personal_fields"], used, known(sealer.book, host).sealing_card(), row.message_id
        )
    stream = streams.get(draft["receiver"], draft["stream"])
    envelope = _envelope(sealer, row, stream, batch_id, sealed=(payload, key))
    canonical = envelope.canonical()
    kid, value = sealer.keys.sign(name, signed_bytes(canonical))
    digest = used.digest(canonical)
    stream.last_seq, stream.head = envelope.seq, digest
    changes = {
        "id": row.id,
        "state": "sealed",
        "sender": sealer.keys.org,
        "stream_id": stream.id,
        "seq": envelope.seq,
        "draft": {},
        "envelope": canonical.decode(),
        "digest": digest,
        "suite": name,
        "kid": kid,
        "signature": base64.b64encode(value).decode(),
    }
    return changes, peer


def _envelope(sealer: Sealer, row: Any, stream: Stream, batch_id: str, *, sealed: _Payload) -> Envelope:
    draft, (payload, key) = row.draft, sealed
    return Envelope(
        message_id=row.message_id,
        batch_id=batch_id,
        stream=draft["stream"],
        seq=stream.last_seq + 1,
        prev=stream.head,
        type=draft["type"],
        version=draft["version"],
        op=draft["op"],
        sender=sealer.keys.org,
        level=level(sealer.keys.org),
        receiver=draft["receiver"],
        on_behalf_of=draft["on_behalf_of"],
        biz_key=row.biz_key,
        biz_version=row.biz_version,
        event_time=draft["event_at"],
        sent_time=iso(sealer.at),
        jurisdiction=draft["region"],
        legal_basis=draft["legal_basis"],
        purpose=draft["purpose"],
        classification=draft["classification"],
        retention_until=draft["retention_until"],
        correlation_id=draft["correlation_id"],
        reply_to=draft["reply_to"],
        trace_id=draft["correlation_id"] or row.message_id,
        ttl_s=draft["ttl_s"],
        replay_of=draft["replay_of"],
        payload=payload,
        personal=tuple(draft["personal_fields"]),
        key=key,
        attachments=tuple(draft["attachments"]),
    )
