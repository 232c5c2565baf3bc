"""Rule hits: leads (线索), never findings."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime

OPEN_HITS = ("new", "confirmed")
"""States of a hit that stands on its page and that nobody dismissed."""


class RuleHit(Base):
    """One rule that fired on one fact.

    Attributes:
        key: natural key, hex: rule, subject and quoted fact; judging twice makes one row.
        field, locator, quote, quote_start, quote_end: the fact, its place, and the quoted piece of its
            raw text (code points).
        law: list of ``{"act", "article", "text", "confidence": "V|S|M"}``.
        explanation: ``{"zh", "en"}`` sentences on why, and the values the rule compared.
        state: ``new``, ``confirmed`` (an officer opened a lead), ``dismissed``, ``gone`` (no longer on the page).
        wants_evidence: the rule's recipe asks for a sealed capture.
    """

    __tablename__ = "rule_hit"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    rule_id: Mapped[str] = mapped_column(String(10), index=True)
    rule_version: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id"), index=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id"))
    field: Mapped[str] = mapped_column(String(30), default="")
    locator: Mapped[str] = mapped_column(Text, default="")
    quote: Mapped[str] = mapped_column(Text, default="")
    quote_start: Mapped[int] = mapped_column(default=0)
    quote_end: Mapped[int] = mapped_column(default=0)
    law: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    explanation: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="new", index=True)
    wants_evidence: Mapped[bool] = mapped_column(default=False)
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
