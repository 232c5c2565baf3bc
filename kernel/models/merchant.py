"""Merchants (经营者): their accounts, applications, sites, and each proof of control that was tried."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime

_LIVE = text("state NOT IN ('revoked', 'expired')")
_HELD = text("removed_at IS NULL")


class MerchantAccount(Base):
    """One person who acts for a merchant. Never an officer: officers are in ``user``.

    Attributes:
        name: what they sign in with, lower case. contact: telephone or mail.
        password_hash: argon2id.
        recovery_sha256: of the one-time code an officer handed out, empty when none is out; recovery_by: who.
        recovery_expires_at: till when it counts. recovery_tries: wrong ones since.
    """

    __tablename__ = "merchant_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60), default="")
    contact: Mapped[str] = mapped_column(String(100), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recovery_sha256: Mapped[str] = mapped_column(String(64), default="")
    recovery_by: Mapped[str] = mapped_column(String(60), default="")
    recovery_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recovery_tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MerchantSession(Base):
    """A merchant's sign-in. Only the SHA-256 of the secret is kept."""

    __tablename__ = "merchant_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("merchant_account.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Application(Base):
    """One merchant's way from a code to a badge (申请); one live for an account and a code.

    Attributes:
        code: 统一社会信用代码 or 15-digit 注册号 as entered, in normal form.
        subject_id: the market subject of that code. subject_name: its name in the registry on that day.
        declared_name, representative: as the merchant wrote them.
        category: word of ``identity_verify.doubts.CATEGORIES``.
        state: of ``identity_verify.journey.STATES``; state_since: since when.
        match: what the registry said: name score with reasons, registry status.
        approval: empty while not asked for, else ``needed``, ``granted``, ``refused``.
        approval_reasons: words why a person must look, ``word`` or ``word:site``; granted_for: those an officer has
            agreed to.
        badge_id: the badge, once there is one. suspended_for: word why it is suspended.
        registry_seen_at: the ``subject.updated_at`` that was looked at last.
    """

    __tablename__ = "application"
    __table_args__ = (
        Index("uq_application_live", "account_id", "code", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_application_state", "state", "state_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("merchant_account.id"), index=True)
    code: Mapped[str] = mapped_column(String(18), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    subject_name: Mapped[str] = mapped_column(String(200), default="")
    declared_name: Mapped[str] = mapped_column(String(200), default="")
    representative: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(20), default="general")
    state: Mapped[str] = mapped_column(String(10), default="draft")
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    match: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    approval: Mapped[str] = mapped_column(String(10), default="")
    approval_reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    granted_for: Mapped[list[str]] = mapped_column(JSON, default=list)
    approved_by: Mapped[str] = mapped_column(String(60), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approval_note: Mapped[str] = mapped_column(Text, default="")
    badge_id: Mapped[str] = mapped_column(String(60), default="")
    badge_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_for: Mapped[str] = mapped_column(String(40), default="")
    registry_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApplicationEvent(Base):
    """One step of an application: which state became which, by whom and why. Never changed.

    Attributes:
        seq: 1, 2, … within the application. detail: what the application said then (``sealed_history.snapshot``).
        prev_hash, hash: as in ``identity_verify.sealed_history``, hex; the hash is in the log.
    """

    __tablename__ = "application_event"
    __table_args__ = (UniqueConstraint("application_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(10))
    after: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int]
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class SiteClaim(Base):
    """A site or shop that a merchant says is theirs.

    Attributes:
        kind: ``site`` or ``shop`` (on a platform).
        origin: ``scheme://host[:port]`` of the address entered; host: A-labels; domain: registrable domain.
        scope: ``host``, ``domain`` or ``path``; path: of the shop or the part of the site, else ``/``.
        shop_id: the watched shop, where the claim is for one.
        warnings: of the look-alike check, list of ``{"word", "detail"}``.
        token: 26 base32 characters, 128 bits. token_expires_on: last day on which it proves anything.
        state: ``open`` (never proven), ``proven``, ``failing`` (a re-check failed), ``lapsed``.
        method: by which it was proven last. linked: words for what ties the site to the firm besides.
        doubts: words for what an officer must agree to before a badge names this site.
        proven_at: last time a check succeeded. failing_since: first failed check since then.
        next_probe_at, next_crawl_at: when the standing duty looks again.
    """

    __tablename__ = "site_claim"
    __table_args__ = (
        Index(
            "uq_site_claim_held",
            "application_id",
            "host",
            "path",
            unique=True,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
        Index("ix_site_claim_host", "host"),
        Index("ix_site_claim_domain", "domain"),
        Index("ix_site_claim_next_probe_at", "next_probe_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="site")
    origin: Mapped[str] = mapped_column(String(300))
    host: Mapped[str] = mapped_column(String(255))
    domain: Mapped[str] = mapped_column(String(255), default="")
    scope: Mapped[str] = mapped_column(String(10), default="host")
    path: Mapped[str] = mapped_column(String(500), default="/")
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    warnings: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    token: Mapped[str] = mapped_column(String(26))
    token_expires_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="open")
    method: Mapped[str] = mapped_column(String(10), default="")
    linked: Mapped[list[str]] = mapped_column(JSON, default=list)
    doubts: Mapped[list[str]] = mapped_column(JSON, default=list)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_crawl_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ControlProof(Base):
    """One look whether the proof is there: what was found, or why not.

    Attributes:
        method: ``dns``, ``file``, ``meta``, ``cname``, ``shop``, ``icp``.
        cause: empty when ok, else a word of ``identity_verify.control.CAUSES``.
        detail: what was seen (answers, status, addresses), JSON; never the page itself.
        occasion: ``asked`` (by a person), ``probe`` (daily), ``crawl`` (weekly), ``registry``.
    """

    __tablename__ = "control_proof"
    __table_args__ = (Index("ix_control_proof_site_claim_id", "site_claim_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_claim_id: Mapped[int] = mapped_column(ForeignKey("site_claim.id"))
    method: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ok: Mapped[bool]
    cause: Mapped[str] = mapped_column(String(30), default="")
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    occasion: Mapped[str] = mapped_column(String(10), default="asked")


class IcpFiling(Base):
    """One row of the imported table of ICP filings (ICP备案): which firm filed which number for which domains.

    Attributes:
        number: in normal form, without the site's own ``-1``.
        holder_code, holder_name: who filed; either may be empty in the source.
        domains: registrable domains of the filing; empty where the table does not say.
    """

    __tablename__ = "icp_filing"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder_code: Mapped[str] = mapped_column(String(18), default="", index=True)
    holder_name: Mapped[str] = mapped_column(String(200), default="")
    domains: Mapped[list[str]] = mapped_column(JSON, default=list)
    source_ref: Mapped[str] = mapped_column(String(200), default="")
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LicenceLink(Base):
    """Where a shop's 亮照 link leads, as of the last look.

    Attributes:
        url: the link; empty where the shop has none. page_id: the page of the shop that holds it.
        declared: sites that the page behind it names.
        error: why that page could not be read, a word. looked_at: when.
    """

    __tablename__ = "licence_link"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    url: Mapped[str] = mapped_column(String(1000), default="")
    declared: Mapped[list[str]] = mapped_column(JSON, default=list)
    error: Mapped[str] = mapped_column(String(30), default="")
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id"))
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
