"""Sealed packages that cross a gap by hand, out and in, and who let them out."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class OfflinePackage(Base):
    """One package, made here (``out``) or opened here (``in``).

    Attributes:
        number: place in the row of packages from one sender to one receiver, from 1 on without a gap.
        prev_sha256: digest of the manifest of the one before. sha256: of its own manifest, hex.
        state: out: ``packed``, ``released``, ``receipted``, ``refused``; in: ``waiting`` (volumes are missing),
            ``accepted``, ``refused``.
        folder: where its volumes lie. receipt: the return receipt, given or got.
    """

    __tablename__ = "offline_package"
    __table_args__ = (UniqueConstraint("direction", "peer", "number"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))
    peer: Mapped[str] = mapped_column(String(20), index=True)
    number: Mapped[int]
    prev_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(Text, default="")
    messages: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    volumes: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), index=True)
    folder: Mapped[str] = mapped_column(Text, default="")
    receipt: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OfflineRelease(Base):
    """One officer agreed that a package leaves; two different ones have to."""

    __tablename__ = "offline_release"
    __table_args__ = (UniqueConstraint("package_id", "officer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[str] = mapped_column(ForeignKey("offline_package.id"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
