"""Daily reconciliations with peers, and each difference they found."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Reconciliation(Base):
    """One comparison of one data set with one peer, up to one cut.

    Attributes:
        id: the same at both sides. role: ``asker`` or ``answerer``. day: ``YYYY-MM-DD`` in China, then
            ``.2`` and so on when it is done again that day.
        cut: highest sequence number that is compared; what came later is for the next day.
        state: ``asked``, ``reported``, ``agreed`` (both signed), ``disputed`` or ``failed``.
        ours, theirs: manifests. missing, extra, altered: differences, as the peer's side is against ours.
        sender: code of the side whose rows they are first; it sends again what is missing or altered.
        report: canonical JSON, the bytes that both sides sign. our_signature, their_signature: ``alg``, ``kid``,
            ``value``; empty until signed.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (UniqueConstraint("peer", "data_set", "day", "role"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    peer: Mapped[str] = mapped_column(String(20), index=True)
    data_set: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(10))
    sender: Mapped[str] = mapped_column(String(20))
    day: Mapped[str] = mapped_column(String(14), index=True)
    cut: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12), index=True)
    ours: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    theirs: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    missing: Mapped[int] = mapped_column(default=0)
    extra: Mapped[int] = mapped_column(default=0)
    altered: Mapped[int] = mapped_column(default=0)
    report: Mapped[str] = mapped_column(Text, default="")
    our_signature: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    their_signature: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Difference(Base):
    """One key on which the two sides differ.

    Attributes:
        kind: ``missing`` (the peer has it not), ``extra`` (only the peer has it) or ``altered``.
        ours, theirs: SHA-256 of the row at each side, hex; empty where it is not.
        state: ``found``, ``sent`` (sent again), ``asked`` (asked of the peer), ``settled`` (a later run agrees) or
            ``person`` (an officer has to look). message_id: of the message that mends it.
    """

    __tablename__ = "reconciliation_difference"
    __table_args__ = (UniqueConstraint("reconciliation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reconciliation_id: Mapped[str] = mapped_column(ForeignKey("reconciliation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(300), index=True)
    ours: Mapped[str] = mapped_column(String(64), default="")
    theirs: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10), default="found", index=True)
    message_id: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReconciliationStep(Base):
    """One message of a comparison that came from the peer and waits to be worked on.

    Attributes:
        step: ``manifest``, ``narrow``, ``rows``, ``report`` or ``countersign``. part: from 1 to ``parts``.
        done_at: when the whole step was worked on.
    """

    __tablename__ = "reconciliation_step"
    __table_args__ = (UniqueConstraint("run", "step", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(String(80), index=True)
    peer: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(12))
    part: Mapped[int]
    parts: Mapped[int]
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
