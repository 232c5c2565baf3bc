"""Commands about people and their grounds: ``officer``, ``authorise``, ``evidence approve``."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import approval, mandate, officer
from kernel.clock import CHINA, as_utc, now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Evidence, User
from pipeline.errors import UsageError
from pipeline.wiring import open_database

ACTOR = "system:cli"


def _day(text: str, *, end: bool) -> datetime:
    """The beginning or the end of a day in China."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day; its zone is added below
    except ValueError as error:
        raise UsageError(f"expected a day, got {text!r}", hint="YYYY-MM-DD, e.g. 2026-12-31") from error
    return as_utc(datetime.combine(day, time(23, 59, 59) if end else time(0), CHINA))


@contextmanager
def opened() -> Iterator[Database]:
    """The records, for one command."""
    database = open_database(settings())
    try:
        yield database
    finally:
        database.close()


def _span(valid_from: datetime, valid_to: datetime, revoked_at: datetime | None) -> str:
    days = f"{valid_from.astimezone(CHINA):%Y-%m-%d}–{valid_to.astimezone(CHINA):%Y-%m-%d}"
    return f"{days}  撤销 revoked {revoked_at.astimezone(CHINA):%Y-%m-%d}" if revoked_at else days


def officer_add(options: argparse.Namespace) -> int:
    """Register an officer."""
    with opened() as database, database.write() as session:
        row = officer.add(
            session,
            name=options.name,
            number=options.certificate,
            unit=options.unit,
            account=options.account,
            valid_from=_day(options.valid_from, end=False),
            valid_to=_day(options.valid_to, end=True),
            actor=ACTOR,
            at=now(),
        )
        print(f"{row.name} {row.certificate_number} 已登记 registered")
    return 0


def officer_list(options: argparse.Namespace) -> int:
    """Print all officers."""
    del options
    with opened() as database, database.read() as session:
        for row in officer.listed(session):
            span = _span(row.valid_from, row.valid_to, row.revoked_at)
            print(f"{row.certificate_number}  {row.name}  {row.unit}  {row.account}  {span}")
    return 0


def officer_revoke(options: argparse.Namespace) -> int:
    """Take a certificate back."""
    with opened() as database, database.write() as session:
        row = officer.revoke(session, options.certificate, actor=ACTOR, at=now())
        print(f"{row.name} {row.certificate_number} 已注销 revoked")
    return 0


def authorise_add(options: argparse.Namespace) -> int:
    """Enter an authorisation for a case, or a standing task."""
    with opened() as database, database.write() as session:
        row = mandate.add(
            session,
            kind=mandate.CASE if options.case else mandate.TASK,
            number=options.number,
            basis=options.basis,
            issued_by=options.issued_by,
            valid_from=_day(options.valid_from, end=False),
            valid_to=_day(options.valid_to, end=True),
            case=options.case,
            actor=ACTOR,
            at=now(),
        )
        print(f"{row.kind} {row.number} {row.case_number} 已登记 entered")
    return 0


def authorise_list(options: argparse.Namespace) -> int:
    """Print all authorisations, the one entered last first."""
    del options
    with opened() as database, database.read() as session:
        for row in mandate.listed(session):
            span = _span(row.valid_from, row.valid_to, row.revoked_at)
            print(f"{row.number}  {row.kind}  {row.case_number or '-'}  {span}  {row.basis}  {row.issued_by}")
    return 0


def authorise_revoke(options: argparse.Namespace) -> int:
    """Take an authorisation back."""
    with opened() as database, database.write() as session:
        row = mandate.revoke(session, options.number, actor=ACTOR, at=now())
        print(f"{row.number} 已撤销 revoked")
    return 0


def evidence_approve(options: argparse.Namespace) -> int:
    """An officer approves the seal of evidence; the officer's own password is asked for.

    Returns:
        0; the seal follows with the next worker, once two have approved.
    """
    with opened() as database:
        with database.read() as session:  # nobody types a password for what cannot be approved
            approval.require_waiting(session.get(Evidence, options.id))
        require_password(database, options.account, ask_password())
        with database.write() as session:
            approval.approve(session, options.id, account=options.account, at=now())
            names = [person.name for _, person, _ in approval.given(session, options.id)]
    print(f"{options.id} 已审批 approved: {', '.join(names)}")
    return 0


def ask_password() -> str:
    """The password that a person types, or the line that a script gives."""
    return getpass.getpass("口令 password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def require_password(database: Database, account: str, password: str) -> None:
    """The officer's own password, before a command acts in the officer's name.

    Raises:
        UsageError: another one, or the account has none.
    """
    with database.read() as session:
        stored = _stored_password(session, account)
    if not _matches(stored, password):
        raise UsageError(
            f"expected the password of {account}, got another",
            hint="须由本人输入口令 the officer enters it; without a password, decide in the web interface.",
        )


def _stored_password(session: Session, account: str) -> str:
    query = select(User.password_hash).where(User.name == account, User.active.is_(True))
    return session.execute(query).scalar_one_or_none() or ""


def _matches(stored: str, password: str) -> bool:
    try:
        return bool(stored) and PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
