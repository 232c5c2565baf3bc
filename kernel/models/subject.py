"""Market subjects (市场主体): what is claimed of them, what they are tied to, what a person must decide."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime

LIVE_STATES = ("auto", "proposed", "confirmed")
_HAS_CODE = text("code <> ''")
_OLD_NUMBER_ONLY = text("code = '' AND registration_number <> ''")
_LIVE = text("state IN ('auto', 'proposed', 'confirmed')")
_OPEN = text("state = 'open'")


class Subject(Base):
    """One market subject. Columns are the winning claims, for lists; the truth is ``subject_claim``.

    Attributes:
        code: 统一社会信用代码, unique where not empty. registration_number: 15-digit 注册号 or empty.
        kind: ``company individual cooperative other unregistered``.
        status: ``active deregistered revoked cancelled abnormal unknown``.
        region: GB/T 2260 code as of registration. persons: list of ``[role, name]``.
        updated_at: when a winning value last changed.
    """

    __tablename__ = "subject"
    __table_args__ = (
        Index("uq_subject_code", "code", unique=True, sqlite_where=_HAS_CODE, postgresql_where=_HAS_CODE),
        Index(
            "uq_subject_old_number",
            "registration_number",
            unique=True,
            sqlite_where=_OLD_NUMBER_ONLY,
            postgresql_where=_OLD_NUMBER_ONLY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(18), default="")
    registration_number: Mapped[str] = mapped_column(String(15), default="", index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(20), default="other")
    status: Mapped[str] = mapped_column(String(20), default="unknown", index=True)
    region: Mapped[str] = mapped_column(String(6), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[str] = mapped_column(Text, default="")
    persons: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    established_on: Mapped[date | None] = mapped_column(Date)
    approved_on: Mapped[date | None] = mapped_column(Date)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SubjectName(Base):
    """A name a subject bears or bore.

    Attributes:
        kind: ``current``, ``former`` (曾用名). key: the name in the form it is compared in.
        form: version of that form and of the keys (``identity_verify.name_keys.FORM``) the row was written in.
        until: when it stopped being the current one, as far as we know.
    """

    __tablename__ = "subject_name"
    __table_args__ = (
        Index("ix_subject_name_key", "key"),
        Index("ix_subject_name_subject_id", "subject_id"),
        Index("ix_subject_name_form", "form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(String(8), default="")
    kind: Mapped[str] = mapped_column(String(10), default="current")
    source: Mapped[str] = mapped_column(String(20), default="registry")
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubjectNameKey(Base):
    """What a name can be found by although it is written otherwise (``identity_verify.name_keys``)."""

    __tablename__ = "subject_name_key"
    __table_args__ = (Index("ix_subject_name_key_key", "key"),)

    name_id: Mapped[int] = mapped_column(ForeignKey("subject_name.id"), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class SubjectClaim(Base):
    """One value of one field from one source while it stood (一数一源).

    Attributes:
        field: name of a field of ``identity_verify/precedence.yml``. value: JSON; digest: of its canonical form.
        source: ``registry platform-report shop-page merchant officer credit``.
        source_ref: what it was read from, in the source's own words.
        source_at: as of when the source says it. confirmed_at: newest time it said the same.
        seen_at: when we learnt it.
        superseded_at: when this source said something else, or took it back.
    """

    __tablename__ = "subject_claim"
    __table_args__ = (Index("ix_subject_claim_subject", "subject_id", "field", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    field: Mapped[str] = mapped_column(String(30))
    value: Mapped[object] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(20))
    source_ref: Mapped[str] = mapped_column(String(300), default="")
    source_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubjectLink(Base):
    """An edge from a subject to a thing.

    Attributes:
        kind: ``shop site platform live-room phone address licence person``.
        key: canonical text of the thing; for ``shop`` the shop's id.
        relation: ``runs``, ``shown-on``, ``declares``, ``holds``, or the role of a person.
        state: ``auto proposed confirmed`` (live), ``rejected ended``.
        score: 0 to 1000. reasons: list of ``{"word", "points", "left", "right"}``.
        decided_by: the officer, or empty.
    """

    __tablename__ = "subject_link"
    __table_args__ = (
        Index(
            "uq_subject_link_live",
            "subject_id",
            "kind",
            "key",
            "relation",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_subject_link_thing", "kind", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(500))
    relation: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    score: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    source: Mapped[str] = mapped_column(String(20), default="")
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubjectTask(Base):
    """What a person must decide about a subject or a shop.

    Attributes:
        kind: ``match conflict licence look-alike``.
        topic: what it is about within its kind (a field, a host); one open task for a kind, thing and topic.
        about: ``subject:7`` or ``shop:3``, so that one index holds both.
        detail: what the page shows; for ``match`` the candidates with reasons, for ``conflict`` the values.
        owner_unit: org code of the unit that has to decide, or empty.
        state: ``open done dismissed``. decision: in words, with the reason.
    """

    __tablename__ = "subject_task"
    __table_args__ = (
        Index(
            "uq_subject_task_open",
            "kind",
            "about",
            "topic",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_subject_task_state", "state", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str] = mapped_column(String(255), default="")
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"), index=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    owner_unit: Mapped[str] = mapped_column(String(8), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(Text, default="")


class ShopIdentity(Base):
    """How far we are with the question who runs a shop.

    Attributes:
        digest: of the shown facts that were judged; another digest means judge again.
        outcome: ``linked``, ``review``, ``unmatched`` or ``no-facts``.
        last_fact_id: newest fact that was seen then; facts are written later than they are fetched.
        detail: the reading of the shown code and name, and the best candidates with reasons.
    """

    __tablename__ = "shop_identity"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), default="")
    outcome: Mapped[str] = mapped_column(String(12), default="", index=True)
    last_fact_id: Mapped[int] = mapped_column(default=0)
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
