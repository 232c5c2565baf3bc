"""Officers, what they are authorised to do, and what they approved."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class Officer(Base):
    """A person with an enforcement certificate. Never deleted: what they approved stays theirs.

    Attributes:
        certificate_number: 执法证号, one person's. account: user name with which they sign in.
        valid_from, valid_to: validity of the certificate. revoked_at: when it was taken back.
    """

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    certificate_number: Mapped[str] = mapped_column(String(40), unique=True)
    unit: Mapped[str] = mapped_column(String(120))
    account: Mapped[str] = mapped_column(String(60), unique=True)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Authorisation(Base):
    """The ground on which evidence is taken: a case, or a standing task.

    Attributes:
        number: of the document. kind: ``case`` or ``task``. basis: article of law, in words.
        issued_by: who gave it. case_number: empty for a task. revoked_at: when it was taken back.
    """

    __tablename__ = "authorisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    basis: Mapped[str] = mapped_column(Text)
    issued_by: Mapped[str] = mapped_column(String(120))
    case_number: Mapped[str] = mapped_column(String(60), default="", index=True)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Approval(Base):
    """One officer approved the seal of one piece of evidence, under one authorisation."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("evidence_id", "officer_id", "authorisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))
    authorisation_id: Mapped[int] = mapped_column(ForeignKey("authorisation.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
