"""Listings and the history of every fact."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime

_OF_SHOP = text("listing_id IS NULL")


class Listing(Base):
    """One good or service on offer; columns hold the newest facts, for lists and search.

    Attributes:
        price_fen: shown price in 分; null where none is given. struck_fen: crossed-out price in 分.
        state: ``on``, ``gone`` (not found at the last visit).
        updated_at: when a fact last changed.
    """

    __tablename__ = "listing"
    __table_args__ = (UniqueConstraint("shop_id", "url_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(500), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(200), default="", index=True)
    brand: Mapped[str] = mapped_column(String(100), default="")
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    struck_fen: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    stock: Mapped[int | None] = mapped_column(BigInteger)
    sales: Mapped[int | None] = mapped_column(BigInteger)
    image_url: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="on")
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id"))


class FactVersion(Base):
    """One value of one field while it stood; a new row only when the value changes.

    Attributes:
        listing_id: null for a fact about the shop.
        slot: tells values of the same field apart (price kind and SKU, image number), so that each
            slot has one value at a time.
        value: JSON as in ``kernel.facts.Fact.value``; digest: first 32 hex digits of the SHA-256 of
            its canonical JSON.
        page_id: the capture it was first read from. locator, raw, method, confidence: as in ``Fact``.
        seen_at: first time; superseded_at: when another value, or none, took its place.
    """

    __tablename__ = "fact"
    __table_args__ = (
        Index("ix_fact_listing", "listing_id", "field", "slot"),
        Index("ix_fact_shop", "shop_id", "field", "slot"),
        # A shop has few facts of its own among many thousands about its listings, and they are asked for page by page.
        Index("ix_fact_own", "shop_id", sqlite_where=_OF_SHOP, postgresql_where=_OF_SHOP),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id"))
    field: Mapped[str] = mapped_column(String(30))
    slot: Mapped[str] = mapped_column(String(120), default="")
    value: Mapped[object] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(32))
    raw: Mapped[str] = mapped_column(Text, default="")
    locator: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(String(20), default="")
    confidence: Mapped[int] = mapped_column(default=100)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id"), index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
