"""Cases as they are told to others, and what was told of leads, cases and their evidence, to whom and from whom."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class CaseFile(Base):
    """One case (案件): number, state, whom it is about. Its evidence and authorisations name its number.

    Attributes:
        number: 案号, as in ``Evidence.case_number``. state: of ``supervision.case_file.STATES``.
        cause: 案由. laws: ``act article``, in words. decision: what was decided, in words; empty before that.
        filed_on, due_on: days in China. subject_code, subject_name: as on the day of filing, or empty.
        region: of the place that gives jurisdiction (GB/T 2260), or empty. hit_id: the lead it began with, or none.
        officers: accounts of those who handle it. changed_at: of the last step.
    """

    __tablename__ = "case_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(14), index=True)
    cause: Mapped[str] = mapped_column(String(400), default="")
    laws: Mapped[list[str]] = mapped_column(JSON, default=list)
    decision: Mapped[str] = mapped_column(Text, default="")
    filed_on: Mapped[date]
    due_on: Mapped[date | None]
    subject_code: Mapped[str] = mapped_column(String(18), default="")
    subject_name: Mapped[str] = mapped_column(String(200), default="")
    region: Mapped[str] = mapped_column(String(6), default="")
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    hit_id: Mapped[int | None] = mapped_column(ForeignKey("rule_hit.id"), index=True)
    officers: Mapped[list[str]] = mapped_column(JSON, default=list)
    opened_by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ToldMatter(Base):
    """A lead, case or piece of evidence as one organisation was told of it: newest version, each pair once.

    Attributes:
        direction: ``out`` or ``in``. kind: ``LEAD`` ``CASE`` ``EVIDENCE_META``. key: business key of the messages.
        object_id: out: number of the hit or case, id of the evidence. parent: the lead or case it was told with.
        other: out: organisation told; in: the one that told us. unit: in: the organisation of ours that got it.
        version, op, message_id: of the newest message. digest: of what it said, hex SHA-256.
        state: of the matter as it was told. way: ``competent``, ``superior`` or ``standing``.
        basis: by which rule this organisation, in words. reason: of the officer. content: in: what came in plain.
        sealed: pointers of fields that are encrypted on the way and are not kept here.
        shop_id, subject_id: in: ours that are the same. at: first told. changed_at: of the newest version.
    """

    __tablename__ = "told_matter"
    __table_args__ = (
        UniqueConstraint("direction", "kind", "key", "other", "unit"),
        Index("ix_told_matter_object", "kind", "object_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    object_id: Mapped[str] = mapped_column(String(60), default="")
    parent: Mapped[str] = mapped_column(String(200), default="", index=True)
    other: Mapped[str] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(20), default="")
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    op: Mapped[str] = mapped_column(String(8), default="UPSERT")
    message_id: Mapped[str] = mapped_column(String(36), default="", index=True)
    digest: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(14), default="")
    way: Mapped[str] = mapped_column(String(10), default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(60), default="")
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed: Mapped[list[str]] = mapped_column(JSON, default=list)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
