"""What others may have of our data: changes, who subscribed to them, and notices for people here."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class ChangeCounter(Base):
    """The last number given in one data set; its lock makes numbers follow the order of commits."""

    __tablename__ = "change_counter"

    data_set: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


class Change(Base):
    """One change of one row of a data set, numbered within the data set.

    Attributes:
        op: ``UPSERT`` or ``VOID``. row: all fields of the catalogue; a subscriber gets those of its scope.
        region: GB/T 2260, for scopes by jurisdiction.
    """

    __tablename__ = "change"
    __table_args__ = (UniqueConstraint("data_set", "number"), UniqueConstraint("data_set", "key", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    data_set: Mapped[str] = mapped_column(String(60))
    number: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(BigInteger)
    op: Mapped[str] = mapped_column(String(10))
    region: Mapped[str] = mapped_column(String(12), default="")
    row: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Subscription(Base):
    """Who gets which changes, why, and how.

    Attributes:
        subscriber: code of a department in the catalogue. filters: list of ``{"field", "op", "value"}``.
        fields: those asked for; never more than the department's scope.
        channel: ``inbox``, ``webhook`` or ``file``. target: owner of the inbox, address, or name of a folder.
        state: ``asked``, ``active``, ``paused``, ``ended`` or ``refused``. approved_by: an officer, not who asked.
        cursor: number of the last change delivered or passed over. pending_to: end of the delivery that is under
            way; a repeated one has the same bounds and so the same id.
    """

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(20), index=True)
    data_set: Mapped[str] = mapped_column(String(60), index=True)
    filters: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    purpose: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[str] = mapped_column(String(60), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    pending_to: Mapped[int] = mapped_column(BigInteger, default=0)
    delivered: Mapped[int] = mapped_column(BigInteger, default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(Text, default="")


class Notice(Base):
    """Something that a unit or a person here has to know or do.

    Attributes:
        owner: unit (organisation code) or user name. kind: what it is about. key: natural key, so that the same
            thing is told once. title: zh and en in one line. link: page that opens it. due_at: until when it must
            be done. done_at: when it was settled; read_at: when it was first opened.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    owner: Mapped[str] = mapped_column(String(60), index=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    title: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    link: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_by: Mapped[str] = mapped_column(String(60), default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
