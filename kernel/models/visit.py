"""Visits: one pass over one shop, with its budgets and how it ended."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Visit(Base):
    """One visit to one shop.

    Attributes:
        job_id: the job it belongs to.
        state: ``running``, ``done``, ``stopped`` (cancelled), ``failed``.
        stop_reason: ``finished``, ``budget-pages``, ``budget-bytes``, ``budget-seconds``, ``cancelled``
            or an error code.
        budget: the limits that applied. robots: url, status, sha256, crawl_delay of robots.txt as it was.
    """

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    job_id: Mapped[str] = mapped_column(String(40), index=True)
    state: Mapped[str] = mapped_column(String(20), default="running", index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pages: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    budget: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    robots: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    stop_reason: Mapped[str] = mapped_column(Text, default="")
