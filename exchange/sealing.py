"""From posted to sealed: place in the stream, chain, signature, first hop. In order, and off the caller's path."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from exchange import field_cipher, scope
from exchange.envelope import Envelope, signed_bytes
from exchange.keys import NodeKeys
from exchange.organisation import level
from exchange.peers import Book, known, open_book
from exchange.place import Place, Places
from exchange.routing import host_of, next_hop
from exchange.suite import suite
from exchange.tree_signature import sign_group
from kernel import audit
from kernel.clock import iso
from kernel.crypto import canonical_json_of_read
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.identifiers import uuid7
from kernel.models import Delivery, Hop, Message
from kernel.prepared import Prepared
from kernel.rows import insert_rows, table_of, update_rows

BATCH = 500


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

    Effects: tables ``message``, ``stream``, ``delivery``, ``hop``, and ``audit`` where a field was left out.
    """
    if not _ANY_POSTED.alone(database):
        return 0
    with database.write() as session:
        # Whoever seals at the same time waits here, and finds what was sealed meanwhile no longer posted.
        rows = session.execute(_posted(limit).with_for_update()).all()
        sealer = Sealer(keys, open_book(session, keys, ours), ours, at)
        streams = Places(session, "out")
        batch_id = uuid7(at)
        done, deliveries, hops = [], [], []
        for row in rows:
            try:
                sealed = _seal(sealer, streams, row, batch_id)
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
            done.append(sealed.changes)
            if sealed.left_out:
                _note_left_out(session, sealed, row.message_id, at)
            deliveries.append(
                {
                    "message_row": row.id, "peer": sealed.peer, "state": "waiting", "attempts": 0, "next_at": at,
                    "code": "", "error": "",
                }
            )  # fmt: skip
            hops.append(
                {"message_id": row.message_id, "node": keys.org, "next_node": sealed.peer, "at": at, "sheet": ""}
            )
        if done:
            _sign(keys, done)
            update_rows(session, Message, done)
            insert_rows(session, Delivery, deliveries)
            insert_rows(session, Hop, hops)
        streams.write()
    return len(rows)


def _sign(keys: NodeKeys, sealed: Sequence[dict[str, Any]]) -> None:
    """Sign what was sealed together: all messages of a suite at once, each still verifiable alone."""
    for name in sorted({row["suite"] for row in sealed}):
        rows = [row for row in sealed if row["suite"] == name]
        if len(rows) == 1:
            kid, value = keys.sign(name, signed_bytes(rows[0]["envelope"].encode()))
            values = [base64.b64encode(value).decode()]
        else:
            kid, values = sign_group(keys, name, [row["digest"] for row in rows])
        for row, text in zip(rows, values, strict=True):
            row["kid"], row["signature"] = kid, text


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A message with its number. Attributes: changes: of its row. peer: next hop. left_out: fields beyond its scope."""

    changes: dict[str, Any]
    peer: str
    left_out: tuple[str, ...]


def _note_left_out(session: Session, sealed: _Sealed, message_id: str, at: datetime) -> None:
    detail = {"message_id": message_id, "peer": sealed.peer, "fields": list(sealed.left_out)}
    number = sealed.changes["id"]
    audit.append(
        session, actor="system:exchange", action="exchange.fields-left-out", object_type="message", object_id=number,
        detail=detail, at=at,
    )  # fmt: skip


_Payload = tuple[Mapping[str, Any], dict[str, str]]


_MESSAGES = table_of(Message).c
_ANY_POSTED = Prepared(select(_MESSAGES.id).where(_MESSAGES.direction == "out", _MESSAGES.state == "posted").limit(1))


def _posted(limit: int) -> Any:
    columns = (Message.id, Message.message_id, Message.draft, Message.biz_key, Message.biz_version)
    return (
        select(*columns).where(Message.direction == "out", Message.state == "posted").order_by(Message.id).limit(limit)
    )


def _seal(sealer: Sealer, streams: Places, row: Any, batch_id: str) -> _Sealed:
    draft = row.draft
    host = host_of(draft["receiver"], sealer.keys.org, sealer.book)
    peer = next_hop(draft["receiver"], sealer.keys.org, sealer.book)
    way = scope.on_the_way(sealer.book, host, peer)
    scope.require_type(way, draft["type"])
    name = sealer.suite_for(host)
    sealer.keys.private(name)  # A suite without a key stops this message, not all that are signed with it.
    used = suite(name)
    payload, left_out = scope.narrowed(way, draft["type"], draft["version"], draft["payload"])
    key: dict[str, str] = {}
    if field_cipher.has_any(payload, draft["personal_fields"]):
        payload, key = field_cipher.seal_fields(
            payload, draft["personal_fields"], used, known(sealer.book, host).sealing_card(), row.message_id
        )
    stream = streams.get(sealer.keys.org, draft["receiver"], draft["stream"])
    envelope = _envelope(sealer, row, stream, batch_id, sealed=(payload, key))
    canonical = canonical_json_of_read(envelope.as_json())  # What was posted was looked through then.
    digest = used.digest(canonical)
    stream.last_seq = stream.highest_seq = envelope.seq
    stream.head, stream.last_at = digest, sealer.at
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
        "kid": "",
        "signature": "",
    }
    return _Sealed(changes, peer, left_out)


def _envelope(sealer: Sealer, row: Any, stream: Place, batch_id: str, *, sealed: _Payload) -> Envelope:
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
