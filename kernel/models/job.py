"""Jobs: long work with progress, that can be stopped and finished later."""

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Job(Base):
    """One long piece of work.

    Attributes:
        kind: name of a function in ``pipeline.stages``. params: ids and options only.
        state: ``queued``, ``running``, ``done``, ``failed``, ``cancelled``.
        cancel_asked: set by a person; the work stops at the next safe point.
        progress: counters by stage, shown live. result: the summary.
        owner: ``host:pid`` of the worker that runs it.
        heartbeat_at: last sign of life; a running job without one for a minute is taken up again.
    """

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    params: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(12), default="queued", index=True)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str] = mapped_column(String(80), default="")
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
