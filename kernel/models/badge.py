"""Badges of online traders, their tokens and keys, and where badges were seen."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Badge(Base):
    """One badge (网上经营者电子标识) of one market subject.

    Attributes:
        id: twelve characters of the alphabet of GB 32100, the last a check character.
        subject_id: row of ``subject``; no foreign key, so that a badge outlives a merged subject.
        code, name: 统一社会信用代码 and name as they were when the token was signed.
        sites: the proven sites in their written form; proofs: the same with method and term.
        state: ``active``, ``suspended``, ``revoked``. An active badge whose term is over is expired.
        reason, state_at, state_by: why, when and by whom the state was set.
        token_idx: the row of ``badge_token`` that counts now.
        revision: number of the audit line that changed it last: greater means later.
    """

    __tablename__ = "badge"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    subject_id: Mapped[int] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sites: Mapped[list[str]] = mapped_column(JSON, default=list)
    proofs: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(10), default="active", index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state_by: Mapped[str] = mapped_column(String(60), default="")
    token: Mapped[str] = mapped_column(Text)
    token_idx: Mapped[int] = mapped_column(unique=True)
    kid: Mapped[str] = mapped_column(String(43), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revision: Mapped[int] = mapped_column(index=True)


class BadgeToken(Base):
    """One token ever signed for a badge; its number is its place in the status lists.

    Attributes:
        sha256: of the token's text, hex.
        ended_at: when another token took its place or its key was found compromised; null while it counts.
    """

    __tablename__ = "badge_token"

    idx: Mapped[int] = mapped_column(primary_key=True)
    badge_id: Mapped[str] = mapped_column(ForeignKey("badge.id"), index=True)
    kid: Mapped[str] = mapped_column(String(43), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class BadgeKey(Base):
    """One key of the issuer; the private half lies in ``keys_path()/badge/<kid>.pem``.

    Attributes:
        kid: RFC 7638 thumbprint of the public key, base64url. jwk: the public key.
        state: ``next`` (published, signs soon), ``signing``, ``retired`` (only verifies), ``gone``
            (its last token is over), ``compromised`` (counts for nothing).
        state_at: since when. keep_until: end of the last token it signed; null while it signed none.
        revision: as of ``badge``.
    """

    __tablename__ = "badge_key"

    kid: Mapped[str] = mapped_column(String(43), primary_key=True)
    jwk: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    keep_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(index=True)


class BadgeSighting(Base):
    """A badge, or a picture of one, where it does not belong. A sign, never a finding.

    Attributes:
        badge_id: empty where the copy does not tell which badge it is of.
        kind: ``live-frame`` (a page elsewhere asked for the live badge), ``csp-report`` (a browser
            refused it there), ``image``, ``link``, ``text``, ``false-link`` (found by the crawl).
        host: where; ``unknown`` where the browser did not say.
        url: the page, where known. page_id: the crawled page that shows it.
        score: 0 to 100. reasons: why, each with ``word`` and ``what``.
        state: ``open``, ``confirmed``, ``dismissed``.
        times: how often it was reported.
    """

    __tablename__ = "badge_sighting"
    __table_args__ = (
        UniqueConstraint("badge_id", "kind", "host"),
        Index("ix_badge_sighting_state_last_seen_at", "state", "last_seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    badge_id: Mapped[str] = mapped_column(String(12), default="")
    kind: Mapped[str] = mapped_column(String(12))
    host: Mapped[str] = mapped_column(String(255), index=True)
    url: Mapped[str] = mapped_column(Text, default="")
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id"))
    score: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(10), default="open")
    times: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(Text, default="")
