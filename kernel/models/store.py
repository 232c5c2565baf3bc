"""What is known of stored packages: when they were looked at, copies, findings, holds and deletions."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class StoredObject(Base):
    """One package in the evidence store, and its copy.

    Attributes:
        key: SHA-256 of the package, hex. checked_at: when its bytes were last hashed and right.
        copied_to: address of the second store that holds a copy, or empty. copy_checked_at: as ``checked_at``.
        error_code, error: why it could not be copied, looked at or locked the last time.
        held, retained_until: what was told to the stores that can lock.
    """

    __tablename__ = "stored_object"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), unique=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    copied_to: Mapped[str] = mapped_column(Text, default="")
    copied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    copy_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    held: Mapped[bool] = mapped_column(default=False)
    retained_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ScrubFinding(Base):
    """Something wrong in a store.

    Attributes:
        place: ``store`` or ``copy``. kind: ``damaged``, ``missing`` or ``unknown``. key: of the object, hex.
        evidence_id: whose package it is, or none. found_sha256: of damaged bytes, hex.
        restore_from: the place with good bytes, hashed when this was written; empty when there is none.
        closed_at: when it was found in order again, restored or set aside; outcome: which of them.
    """

    __tablename__ = "scrub_finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(64), index=True)
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    found_sha256: Mapped[str] = mapped_column(String(64), default="")
    restore_from: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    outcome: Mapped[str] = mapped_column(Text, default="")


class LegalHold(Base):
    """A reason why evidence may not be deleted, whatever its storage term.

    Attributes:
        by, released_by: accounts of officers. case_number: of the case it is held for, or empty.
    """

    __tablename__ = "legal_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    case_number: Mapped[str] = mapped_column(String(60), default="")
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_by: Mapped[str] = mapped_column(String(60), default="")
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    release_reason: Mapped[str] = mapped_column(Text, default="")


class Deletion(Base):
    """The deletion of one piece of evidence after its term; the row and its certificate stay for ever.

    Attributes:
        state: ``asked``, ``erasing`` (the second officer agreed), ``done``, ``withdrawn``.
        first, second: accounts of the two officers, with the times of their decisions.
        error_code, error: why the bytes could not be erased the last time.
        certificate: canonical JSON. signature: detached CMS over it by the report key, DER.
    """

    __tablename__ = "deletion"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="asked", index=True)
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    first: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second: Mapped[str] = mapped_column(String(60), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    certificate: Mapped[str] = mapped_column(Text, default="")
    signature: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
