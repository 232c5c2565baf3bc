"""The outbox: what the search index must be told, written with the rows themselves."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class OutboxEntry(Base):
    """One object whose search document is out of date.

    Deleted only after the engine has committed the document.

    Attributes:
        topic: ``listing``, or ``shop`` for all listings of a shop. object_id: its primary key.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), default="listing")
    object_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
