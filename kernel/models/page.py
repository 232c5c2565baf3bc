"""Pages: each answer that was fetched, and where its bytes are."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Page(Base):
    """One fetched page (技术监测记录).

    Attributes:
        body_sha256: of the decoded body bytes, hex. warc_file, warc_offset: where the record is,
            below ``Settings.pages_path()``.
        remote_address: ``ip:port`` of the connection itself.
        unchanged_from: the earlier page with the same bytes, when nothing changed (no record is kept twice).
        kind: ``kernel.facts.PageKind``. via: ``http`` or ``browser``.
        judged_at: when the rules last saw it; null means still to be judged.
    """

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_shop_id_url_key", "shop_id", "url_key"), Index("ix_page_judged_at", "judged_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    url: Mapped[str] = mapped_column(Text)
    final_url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[str] = mapped_column(String(32))
    status: Mapped[int]
    mime: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(20), default="other")
    via: Mapped[str] = mapped_column(String(10), default="http")
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    elapsed_ms: Mapped[int] = mapped_column(default=0)
    body_sha256: Mapped[str] = mapped_column(String(64))
    body_size: Mapped[int] = mapped_column(default=0)
    warc_file: Mapped[str] = mapped_column(String(200), default="")
    warc_offset: Mapped[int] = mapped_column(default=0)
    remote_address: Mapped[str] = mapped_column(String(60), default="")
    etag: Mapped[str] = mapped_column(String(200), default="")
    last_modified: Mapped[str] = mapped_column(String(60), default="")
    unchanged_from: Mapped[int | None] = mapped_column(ForeignKey("page.id"))
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    judged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
