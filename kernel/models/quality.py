"""Data quality: what was checked, what was found and who has to put it right, who answers for which field."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class QualityRun(Base):
    """Rules run over rows of one source on one day (in China); the small intakes of a day are one run.

    Attributes:
        kind: ``intake`` (linked systems), ``messages``, ``file``, ``stored`` (every night) or ``sources``
            (disagreement between sources). source: a system's way in, or the name of a file.
        unit: organisation code of whoever handed the rows in, or empty. at: of the newest part.
        rows: looked at. bad_rows: those that break a rule. findings: all of them; beyond: those not kept one by one.
        opened, fixed: findings that began and ended with it. counts: findings by rule.
        profile: by field: rows, empty, distinct, the most frequent values, lengths. drift: what changed against the
            run before, ``{"field","kind","before","now"}``.
        upto: number of the last message that was looked at, for ``messages``.
    """

    __tablename__ = "quality_run"
    __table_args__ = (
        UniqueConstraint("data_set", "kind", "source", "unit", "day"),
        Index("ix_quality_run_day", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    data_set: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(100), default="")
    unit: Mapped[str] = mapped_column(String(20), default="")
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    rows: Mapped[int] = mapped_column(default=0)
    bad_rows: Mapped[int] = mapped_column(default=0)
    findings: Mapped[int] = mapped_column(default=0)
    beyond: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    fixed: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    profile: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    drift: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    upto: Mapped[int] = mapped_column(BigInteger, default=0)


class QualityFinding(Base):
    """One rule that one row breaks, from its first sight until it is put right or somebody decides.

    Attributes:
        row_key: what names the row. field, got, expected, basis: as the rule says; personal values are not repeated.
        row: the fields the rules read, without personal ones. owner_unit: who has to put it right, until due_at.
        state: ``open``; ``fixed`` (the row came again without the fault, or an officer says that it is done);
            ``accepted`` (an officer says why it may stay; it opens again when the value changes).
        times: in how many runs it was seen. decision: the reason, in words.
    """

    __tablename__ = "quality_finding"
    __table_args__ = (
        UniqueConstraint("data_set", "rule_id", "row_key"),
        Index("ix_quality_finding_owner_state", "owner_unit", "state"),
        Index("ix_quality_finding_state_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("quality_run.id"), index=True)
    data_set: Mapped[str] = mapped_column(String(40))
    rule_id: Mapped[str] = mapped_column(String(40))
    field: Mapped[str] = mapped_column(String(60))
    row_key: Mapped[str] = mapped_column(String(240))
    row_number: Mapped[int] = mapped_column(default=0)
    severity: Mapped[str] = mapped_column(String(10))
    got: Mapped[str] = mapped_column(Text, default="")
    expected: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    row: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    source: Mapped[str] = mapped_column(String(100), default="")
    owner_unit: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(String(60), default="")
    decision: Mapped[str] = mapped_column(Text, default="")


class QualityOwner(Base):
    """Who answers for a field of a data set (``*``: for all of them), and in how many days."""

    __tablename__ = "quality_owner"
    __table_args__ = (UniqueConstraint("data_set", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    data_set: Mapped[str] = mapped_column(String(40))
    field: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(20))
    days: Mapped[int | None]
    set_by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
