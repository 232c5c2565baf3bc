"""The witnessed log: its leaves, what was signed over them, and faults that stop sealing."""

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class LogLeaf(Base):
    """One entry of the log; never changed, never removed.

    Attributes:
        index: place in the log, from 0, without gaps. entry: the line, ASCII.
        leaf_hash: SHA-256 over ``00`` and the line, hex.
    """

    __tablename__ = "log_leaf"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[str] = mapped_column(String(200), unique=True)
    leaf_hash: Mapped[str] = mapped_column(String(64))


class LogCheckpoint(Base):
    """A checkpoint that the log signed, one for each size.

    Attributes:
        size: number of leaves. root: hex. note: the signed note, with the cosignatures it got.
        witnesses: short names of those that cosigned. witnessed: whether they were enough.
        at: when it was signed, or got its cosignatures.
    """

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    witnesses: Mapped[list[str]] = mapped_column(JSON, default=list)
    witnessed: Mapped[bool] = mapped_column(default=False, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LogFault(Base):
    """A proof that the log was changed, forked or rewound. While one is open nothing is sealed.

    Attributes:
        code: of the error. message, hint: its words. detail: what proves it.
        closed_at: when a complete audit found the log whole again, or none.
    """

    __tablename__ = "log_fault"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(60))
    message: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
