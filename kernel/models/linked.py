"""The four linked systems: their records, how far each was read, what was not understood, what was sent back."""

from datetime import date, datetime

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class LinkedRecord(Base):
    """One record of a linked system, as it was last taken.

    A ``registration`` row only says which version of an extract was taken: what it says became claims of a subject.

    Attributes:
        system: ``registration``, ``penalty``, ``complaint12315`` or ``credit``. key: the system's own.
        version: the system's own number; a lower one never replaces a higher one.
        subject_code: 统一社会信用代码 or empty. shop_url: canonical address or empty.
        state: the word of the system's mapping. happened_on: day of decision, complaint or listing.
        data: the mapped record; amounts in 分, days as text. digest: SHA-256 of the source's fields that are kept, hex.
        source_at: when the system last changed it, by its clock put right. fetched_at: when this version was taken.
        lag_ms: from the change to the commit here. message_id: of the exchange message it came by, or empty.
        deleted_at: when the system was found to have it no more.
    """

    __tablename__ = "linked_record"
    __table_args__ = (UniqueConstraint("system", "key"), Index("ix_linked_record_system_state", "system", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    subject_code: Mapped[str] = mapped_column(String(18), default="", index=True)
    subject_name: Mapped[str] = mapped_column(String(200), default="", index=True)
    shop_url: Mapped[str] = mapped_column(String(2000), default="", index=True)
    title: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(20), default="")
    happened_on: Mapped[date | None]
    data: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    digest: Mapped[str] = mapped_column(String(64), default="")
    source_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    lag_ms: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(String(40), default="")
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkedState(Base):
    """How far one system was read, and how it does.

    Attributes:
        began_at: when it was first asked; lags are counted of changes from then on.
        watermark_at, watermark_id: the newest change read, by the system's own clock, and its key.
        cursor_at, cursor_id: where a run that is not yet at its end goes on; none between runs.
        pulled_at: the last try. good_at: the last that went well to its end.
        failures: tries in a row that failed. open_until: while the breaker is open nothing is asked.
        error_code, error: of the last failed try, empty after a good one.
        keys_at: when the key set was last compared. keys_differ: how many keys differed then.
        skew_ms: the system's clock before (+) or behind (-) ours.
        lags: the newest lags of pulled changes, ms. counts: what became of all rows so far, by word.
        drift: fields beyond (``new``) and short of (``lost``) the published list, as last seen, and when.
        files: name to size and time of the files that were looked at.
    """

    __tablename__ = "linked_state"

    system: Mapped[str] = mapped_column(String(16), primary_key=True)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    watermark_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    watermark_id: Mapped[str] = mapped_column(String(100), default="")
    cursor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cursor_id: Mapped[str] = mapped_column(String(100), default="")
    pulled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    good_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    keys_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    keys_differ: Mapped[int] = mapped_column(default=0)
    skew_ms: Mapped[int] = mapped_column(default=0)
    lags: Mapped[list[int]] = mapped_column(JSON, default=list)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    drift: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    files: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


class LinkedFault(Base):
    """A row that was not understood, in quarantine: kept as it came, used for nothing.

    Attributes:
        key: of the record, as far as it could be read. problems: list of ``{"field", "reason", "got"}``.
        row: its fields; those that may not be kept are left out by the connector. version: as told, or 0.
        digest: of key, problems and row; the same row again is counted, not kept twice.
        state: ``open``, ``again`` (an officer asked for it once more), ``done`` (a later version or a new try was
            understood) or ``dismissed``.
    """

    __tablename__ = "linked_fault"
    __table_args__ = (UniqueConstraint("system", "digest"), Index("ix_linked_fault_system_state", "system", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(100), default="", index=True)
    version: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(100), default="")
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    row: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(String(60), default="")


class LinkedPost(Base):
    """Something written back to a linked system: minted with what caused it, delivered at least once.

    Attributes:
        id: the idempotency key the system sees. cause: natural key of what caused it; the same is minted once.
        kind: ``note``, ``publicity``, ``web-presence`` or ``risk-hint``. record_key: the system's record it is about.
        state: ``waiting``, ``sent`` (the system gave a receipt), ``refused`` (it will not have it), ``dead`` (tries
            are used up; an officer may send it again under the same id).
        receipt: what the system answered. lag_ms: from the officer's act to the receipt.
    """

    __tablename__ = "linked_post"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    system: Mapped[str] = mapped_column(String(16), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    record_key: Mapped[str] = mapped_column(String(100), default="", index=True)
    subject_code: Mapped[str] = mapped_column(String(18), default="", index=True)
    shop_id: Mapped[int | None] = mapped_column(index=True)
    payload: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lag_ms: Mapped[int] = mapped_column(default=0)
    receipt: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")


class LinkedEvent(Base):
    """A webhook call that was taken: the same one again is known, as long as its time is believed."""

    __tablename__ = "linked_event"
    __table_args__ = (UniqueConstraint("system", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(16))
    event_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
