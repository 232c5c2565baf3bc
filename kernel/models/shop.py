"""Shops: what is watched."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Shop(Base):
    """One online shop (网店, 网站) under watch.

    Attributes:
        url: canonical address of its home page; one shop an address.
        platform: name of a folder in ``crawlers/platforms``.
        region: GB/T 2260 code of the responsible place, six digits, or empty.
        status: ``watched``, ``paused``, ``unreachable``.
        seller_name, seller_code: newest shown licence facts, copied here for lists.
    """

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    host: Mapped[str] = mapped_column(String(255), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    platform: Mapped[str] = mapped_column(String(50), default="generic")
    reason: Mapped[str] = mapped_column(Text, default="")
    region: Mapped[str] = mapped_column(String(6), default="")
    status: Mapped[str] = mapped_column(String(20), default="watched")
    seller_name: Mapped[str] = mapped_column(String(200), default="")
    seller_code: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_visited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_visit_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
