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
from kernel.models import User
from pipeline.errors import UsageError
from pipeline.wiring import open_database

ACTOR = "system:cli"
Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add this module's commands to the parser."""
    officers = commands.add_parser("officer", help="officers and their certificates 执法人员").add_subparsers(
        dest="kind", required=True
    )
    add = officers.add_parser("add", help="register an officer 登记执法人员")
    add.add_argument("name")
    add.add_argument("--certificate", required=True, help="执法证号 certificate number")
    add.add_argument("--unit", required=True, help="单位")
    add.add_argument("--account", required=True, help="用户名 user name of the sign-in")
    _add_validity(add)
    add.set_defaults(action=officer_add)
    officers.add_parser("list").set_defaults(action=officer_list)
    revoke = officers.add_parser("revoke", help="take a certificate back 注销执法证")
    revoke.add_argument("certificate")
    revoke.set_defaults(action=officer_revoke)

    grounds = commands.add_parser("authorise", help="grounds on which evidence is taken 取证依据").add_subparsers(
        dest="kind", required=True
    )
    new = grounds.add_parser("add", help="enter an authorisation 登记授权")
    new.add_argument("number", help="文号 number of the document")
    new.add_argument("--case", default="", help="案号 case number; a standing task when left out")
    new.add_argument("--basis", required=True, help="法律依据 article of law")
    new.add_argument("--issued-by", required=True, help="批准机关或负责人 who gave it")
    _add_validity(new)
    new.set_defaults(action=authorise_add)
    grounds.add_parser("list").set_defaults(action=authorise_list)
    withdraw = grounds.add_parser("revoke", help="take an authorisation back 撤销授权")
    withdraw.add_argument("number")
    withdraw.set_defaults(action=authorise_revoke)


def add_approve(kinds: "Commands[argparse.ArgumentParser]") -> None:
    """Add ``approve`` to the commands about evidence."""
    approve = kinds.add_parser("approve", help="an officer approves the seal, with password 执法人员审批封存")
    approve.add_argument("id")
    approve.add_argument("--account", required=True, help="审批人用户名 user name of the officer")
    approve.set_defaults(action=evidence_approve)


def _add_validity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="valid_from", required=True, help="YYYY-MM-DD, from its beginning 起始日")
    parser.add_argument("--to", dest="valid_to", required=True, help="YYYY-MM-DD, to its end 截止日")


def _day(text: str, *, end: bool) -> datetime:
    """The beginning or the end of a day in China."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day; its zone is added below
    except ValueError as error:
        raise UsageError(f"expected a day, got {text!r}", hint="YYYY-MM-DD, e.g. 2026-12-31") from error
    return as_utc(datetime.combine(day, time(23, 59, 59) if end else time(0), CHINA))


@contextmanager
def _opened() -> Iterator[Database]:
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
    with _opened() as database, database.write() as session:
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
    with _opened() as database, database.read() as session:
        for row in officer.listed(session):
            span = _span(row.valid_from, row.valid_to, row.revoked_at)
            print(f"{row.certificate_number}  {row.name}  {row.unit}  {row.account}  {span}")
    return 0


def officer_revoke(options: argparse.Namespace) -> int:
    """Take a certificate back."""
    with _opened() as database, database.write() as session:
        row = officer.revoke(session, options.certificate, actor=ACTOR, at=now())
        print(f"{row.name} {row.certificate_number} 已注销 revoked")
    return 0


def authorise_add(options: argparse.Namespace) -> int:
    """Enter an authorisation for a case, or a standing task."""
    with _opened() as database, database.write() as session:
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
    with _opened() as database, database.read() as session:
        for row in mandate.listed(session):
            span = _span(row.valid_from, row.valid_to, row.revoked_at)
            print(f"{row.number}  {row.kind}  {row.case_number or '-'}  {span}  {row.basis}  {row.issued_by}")
    return 0


def authorise_revoke(options: argparse.Namespace) -> int:
    """Take an authorisation back."""
    with _opened() as database, database.write() as session:
        row = mandate.revoke(session, options.number, actor=ACTOR, at=now())
        print(f"{row.number} 已撤销 revoked")
    return 0


def evidence_approve(options: argparse.Namespace) -> int:
    """An officer approves the seal of evidence; the officer's own password is asked for.

    Returns:
        0; the seal follows with the next worker, once two have approved.
    """
    with _opened() as database:
        with database.read() as session:
            stored = _stored_password(session, options.account)
        password = getpass.getpass("口令 password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        if not _matches(stored, password):
            raise UsageError(
                f"expected the password of {options.account}, got another",
                hint="须由本人输入口令 the officer enters it; without a password, approve in the web interface.",
            )
        with database.write() as session:
            approval.approve(session, options.id, account=options.account, at=now())
            names = [person.name for _, person, _ in approval.given(session, options.id)]
    print(f"{options.id} 已审批 approved: {', '.join(names)}")
    return 0


def _stored_password(session: Session, account: str) -> str:
    query = select(User.password_hash).where(User.name == account, User.active.is_(True))
    return session.execute(query).scalar_one_or_none() or ""


def _matches(stored: str, password: str) -> bool:
    try:
        return bool(stored) and PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
