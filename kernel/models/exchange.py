"""Tables of the exchange: peers, streams, messages, their receipts, deliveries, effects, hops and batch timestamps."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Peer(Base):
    """An organisation that messages are exchanged with, and the keys it is known by.

    Attributes:
        code: organisation code. url: of its door (``https://…``), ``local:`` for this installation, ``folder:…`` for
            a 前置机, or empty for an organisation that is reached through another one.
        suites: agreed signature suites, in order; suite: the one in use, never changed to a lower one silently.
        keys: list of ``{"kid","suite","use","public","since","until"}``.
        scopes: ``{"in": [...], "out": [...]}`` types of messages it may send and get; empty means all.
        kind: ``authority`` or ``department`` (税务, 质监 …). state: ``active`` or ``suspended``.
        failures: in a row; open_until: no call before this (circuit breaker); error_code, error: of the last one.
        receipts_after: row number, at the peer, of the last sheet that was asked for and came.
    """

    __tablename__ = "peer"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(12), default="authority")
    url: Mapped[str] = mapped_column(Text, default="")
    suites: Mapped[list[str]] = mapped_column(JSON, default=list)
    suite: Mapped[str] = mapped_column(String(20), default="")
    keys: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    scopes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(12), default="active")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    receipts_after: Mapped[int] = mapped_column(default=0)


class Stream(Base):
    """One ordered line of messages from a sender to a receiver.

    Attributes:
        direction: ``out``, ``in`` or ``through``. last_seq: the last one sealed (out) or processed (in).
        head: digest of the message with ``last_seq``, hex; the next one names it. highest_seq: the highest one seen.
        missing_since: since when a gap stands, or none.
    """

    __tablename__ = "stream"
    __table_args__ = (UniqueConstraint("direction", "sender", "receiver", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    sender: Mapped[str] = mapped_column(String(20))
    receiver: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(40))
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    highest_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(Base):
    """One message, out, in, or on its way through.

    Attributes:
        direction: ``out``, ``in`` or ``through``. message_id: UUIDv7, made where the message was first written.
        state: out: ``posted`` ``sealed`` ``processed`` ``rejected`` ``dead``; in: ``held`` ``processed`` ``rejected``
            ``failed``; through: ``passing`` ``passed``.
        outcome: what came of it: ``applied`` ``same`` ``stale`` ``kept`` ``dry-run``; empty while open.
        draft: what was posted, emptied once it is sealed (personal fields are plain in it).
        envelope: canonical JSON that the signature covers. digest: of it, hex, by the suite. signature: base64,
            or the message's place in the signature of a group (exchange.tree_signature).
        came_from: code of the peer that handed it over. rows: row errors, as in the receipt.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("direction", "message_id"),
        UniqueConstraint("stream_id", "seq"),
        Index("ix_message_direction_state", "direction", "state"),
        Index("ix_message_biz_key", "biz_key"),
        Index("ix_message_correlation_id", "correlation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    message_id: Mapped[str] = mapped_column(String(36))
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("stream.id"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(10))
    op: Mapped[str] = mapped_column(String(8))
    sender: Mapped[str] = mapped_column(String(20), default="")
    receiver: Mapped[str] = mapped_column(String(20))
    biz_key: Mapped[str] = mapped_column(String(200))
    biz_version: Mapped[int] = mapped_column(BigInteger)
    classification: Mapped[str] = mapped_column(String(10))
    correlation_id: Mapped[str] = mapped_column(String(36), default="")
    state: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(10), default="")
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    envelope: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    suite: Mapped[str] = mapped_column(String(20), default="")
    kid: Mapped[str] = mapped_column(String(32), default="")
    signature: Mapped[str] = mapped_column(Text, default="")
    is_replay: Mapped[bool] = mapped_column(default=False)
    came_from: Mapped[str] = mapped_column(String(20), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class ReceiptSheet(Base):
    """A signed sheet of receipts (回执单), as it was given or taken.

    Attributes:
        direction: ``given`` or ``taken``. number: UUIDv7. body: canonical JSON. digest: SHA-256 of it, hex.
        signature: JSON ``{"suite","kid","value"}``.
    """

    __tablename__ = "receipt_sheet"
    __table_args__ = (UniqueConstraint("direction", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(36))
    giver: Mapped[str] = mapped_column(String(20))
    taker: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    signature: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Receipt(Base):
    """One line of a sheet: what became of one message.

    Attributes:
        direction: ``given`` or ``taken``. kind: ``STORED`` ``REJECTED`` ``DUPLICATE`` ``PROCESSED``.
        giver: code of the organisation that signed it. outcome, code, rows: as in the message.
    """

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_message_id_direction", "message_id", "direction"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    message_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(10))
    giver: Mapped[str] = mapped_column(String(20))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("receipt_sheet.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    code: Mapped[str] = mapped_column(String(60), default="")
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Delivery(Base):
    """A message that has to reach a peer.

    Attributes:
        message_row: the row of the message. peer: code of the next hop.
        state: ``waiting`` ``stored`` (the hop has it) ``done`` (the receiver has said what came of it) ``dead``.
        next_at: not before this. code, error: of the last try. package: the one it is in, until its return has come.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("message_row", "peer"),
        Index("ix_delivery_peer_state_message_row", "peer", "state", "message_row"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_row: Mapped[int] = mapped_column(ForeignKey("message.id"))
    peer: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    package: Mapped[str | None] = mapped_column(String(80))


class BusinessVersion(Base):
    """The newest version of a business object that had its effect here: the same one never has it twice."""

    __tablename__ = "business_version"
    __table_args__ = (UniqueConstraint("sender", "type", "biz_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(20))
    biz_key: Mapped[str] = mapped_column(String(200))
    biz_version: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(String(64))
    op: Mapped[str] = mapped_column(String(8))
    message_id: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Hop(Base):
    """One station of a message's way, as this installation saw it.

    Attributes:
        node: the organisation that held it. next_node: whom it was handed to; empty where it arrived.
        acknowledged_at: when the next one's signed receipt came; sheet: number of that receipt sheet.
    """

    __tablename__ = "hop"
    __table_args__ = (UniqueConstraint("message_id", "node", "next_node"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(36))
    node: Mapped[str] = mapped_column(String(20))
    next_node: Mapped[str] = mapped_column(String(20), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sheet: Mapped[str] = mapped_column(String(36), default="")


class BatchStamp(Base):
    """A timestamp over many messages at once: the Merkle root of their digests, stamped off the hot path.

    Attributes:
        first_row, last_row: rows of ``message`` it covers. root: hex. token: TimeStampResp, DER; empty while waiting.
    """

    __tablename__ = "batch_stamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_row: Mapped[int] = mapped_column(unique=True)
    last_row: Mapped[int] = mapped_column(unique=True)
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    stamped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    service: Mapped[str] = mapped_column(String(60), default="")
    token: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    error: Mapped[str] = mapped_column(Text, default="")


class Transfer(Base):
    """A matter handed over (移送) or help asked (协查) between organisations, with its state.

    Attributes:
        key: of the matter, ``<kind>:<matter>``; one row a direction and key. kind: ``TRANSFER`` or ``ASSIST``.
        direction: ``out`` or ``in``. other: the other organisation. matter: key of the lead or case.
        state: ``drafted`` ``sent`` ``received`` ``accepted`` ``objected`` ``decided`` ``returned`` ``answered``.
        version: of the last message about it. asked_id: message that began it, so that answers name it.
        due_at: until when an answer is looked for, working days from ``counted_from`` on.
        is_final: a matter that was transferred once, or that the superior decided, may not be transferred again.
    """

    __tablename__ = "transfer"
    __table_args__ = (UniqueConstraint("direction", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    matter: Mapped[str] = mapped_column(String(200), index=True)
    other: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    asked_id: Mapped[str] = mapped_column(String(36), default="")
    is_final: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    counted_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
