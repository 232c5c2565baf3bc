"""Evidence and its chain of custody."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Evidence(Base):
    """One sealed capture, from the order on.

    Attributes:
        id: ``ev-…``; also the External-Identifier of the bag.
        key: natural key of the order; ordering the same thing twice makes one row.
        reason: ``rule`` or ``order``. purpose: why, in words.
        case_number: of the case it is taken for; then two officers must approve before it is sealed.
        state: ``ordered``, ``capturing``, ``captured``, ``sealed`` (signed and timestamped, stored),
            ``failed``, ``deleted`` (after its storage term; the row stays as a tombstone). Only ``sealed`` is
            evidence and may be exported.
        root_sha256: SHA-256 of the tag manifest, hex: the one number that names the package.
        store_key: where the package is in the evidence store.
        retention_until: before this it may not be deleted; fixed soon after the seal.
        completeness: ``COMPLETE`` or ``PARTIAL``. trust: ``test`` or ``court``.
        summary: what lists and pages show (title, times, remote address, TLS verdict, file list).
        job_id: the capture job that has it in hand, or had it last.
        retry_at: when the next try is due; last_error: code and sentence of the last failure.
    """

    __tablename__ = "evidence"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(Text)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id"), index=True)
    reason: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(Text, default="")
    case_number: Mapped[str] = mapped_column(String(60), default="", index=True)
    ordered_by: Mapped[str] = mapped_column(String(60))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    state: Mapped[str] = mapped_column(String(12), default="ordered", index=True)
    job_id: Mapped[str] = mapped_column(String(40), default="", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error_code: Mapped[str] = mapped_column(String(60), default="")
    last_error: Mapped[str] = mapped_column(Text, default="")
    captured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retention_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    root_sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    store_key: Mapped[str] = mapped_column(String(200), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    completeness: Mapped[str] = mapped_column(String(10), default="")
    trust: Mapped[str] = mapped_column(String(10), default="")
    summary: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


class CustodyEvent(Base):
    """One event of a piece of evidence; hash-chained, never changed.

    Attributes:
        action: one of ``evidence.custody.ACTIONS``.
        hash: SHA-256 over the canonical JSON of this event with ``prev_hash``, hex.
    """

    __tablename__ = "custody_event"
    __table_args__ = (UniqueConstraint("evidence_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20), default="")
    action: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(Text, default="")
    object_sha256: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
