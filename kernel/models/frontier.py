"""The frontier: addresses still to be fetched, with leases."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class FrontierEntry(Base):
    """One address of one visit.

    It is done only when its result is committed: the row changes state in the transaction that
    writes the page. A lease that runs out makes it claimable again.

    Attributes:
        url_key: first 32 hex digits of the SHA-256 of the canonical URL; unique in the visit.
        kind: what the page probably is (``kernel.facts.PageKind``).
        state: ``pending``, ``leased``, ``done``, ``refused`` (robots, egress, budget), ``failed``.
        outcome: stable word for how it ended (``ok``, ``unchanged``, ``robots``, ``egress``, ``http-404``,
            ``timeout``, ``tls``, ``too-large`` …).
        via: ``http`` or ``browser``.
    """

    __tablename__ = "frontier"
    __table_args__ = (
        UniqueConstraint("visit_id", "url_key"),
        Index("ix_frontier_claim", "visit_id", "state", "priority"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20), default="other")
    depth: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    via: Mapped[str] = mapped_column(String(10), default="http")
    state: Mapped[str] = mapped_column(String(10), default="pending")
    lease_owner: Mapped[str] = mapped_column(String(60), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id"))
