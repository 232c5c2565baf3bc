"""Mandates: the authorisations on whose ground evidence is taken, for a case or for a standing task.

Spec: 行政处罚法 (2021) 第41条 (technical monitoring), 第54条 (filing of a case).
"""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.errors import (
    AuthorisationError,
    AuthorisationExpiredError,
    AuthorisationMissingError,
    AuthorisationRevokedError,
)
from kernel import audit
from kernel.clock import CHINA, as_utc, iso
from kernel.models import Authorisation

CASE, TASK = "case", "task"
NUMBER = re.compile(r"[^\x00-\x20\x7f]{1,60}")
MAX_TEXT, MAX_ISSUER = 500, 120
_ADD = "wangjian authorise add NUMBER --case CASE --basis … --issued-by … --from YYYY-MM-DD --to YYYY-MM-DD"


def _day(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d}"


def case_number(text: str) -> str:
    """A case number without outer space.

    Raises:
        AuthorisationError: empty, longer than 60 characters, or with spaces inside.
    """
    found = text.strip()
    if not NUMBER.fullmatch(found):
        raise AuthorisationError(f"expected a case number of 1 to 60 characters without spaces, got {text!r}")
    return found


def add(  # noqa: PLR0913 - the fields of an authorisation, each named by its caller
    session: Session,
    *,
    kind: str,
    number: str,
    basis: str,
    issued_by: str,
    valid_from: datetime,
    valid_to: datetime,
    case: str = "",
    actor: str,
    at: datetime,
) -> Authorisation:
    """Enter an authorisation.

    Args:
        session: a write session. kind: ``case`` or ``task``. number: of the document. basis: article of law.
        issued_by: who gave it. valid_from, valid_to: aware. case: case number, of a case only.
        actor: who enters it. at: aware UTC.

    Raises:
        AuthorisationError: not understood, or the number is known.

    Effects: tables ``authorisation``, ``audit``.
    """
    if kind not in {CASE, TASK} or bool(case) != (kind == CASE):
        raise AuthorisationError(f"expected a case with its number or a task without, got {kind!r} and {case!r}")
    if not 1 <= len(basis.strip()) <= MAX_TEXT or not 1 <= len(issued_by.strip()) <= MAX_ISSUER:
        raise AuthorisationError(f"expected a basis and who issued it, got {basis[:80]!r} and {issued_by[:80]!r}")
    if as_utc(valid_from) >= as_utc(valid_to):
        raise AuthorisationError(
            f"expected validity to begin before it ends, got {_day(valid_from)} to {_day(valid_to)}",
            hint="起止日期颠倒了 the days are turned round: --from 较早 the earlier, --to 较晚 the later.",
        )
    row = Authorisation(
        number=case_number(number),
        kind=kind,
        basis=basis.strip(),
        issued_by=issued_by.strip(),
        case_number=case_number(case) if case else "",
        valid_from=as_utc(valid_from),
        valid_to=as_utc(valid_to),
    )
    if find(session, row.number) is not None:
        raise AuthorisationError(f"expected a new number, got {number}, which is known", hint="wangjian authorise list")
    session.add(row)
    session.flush()
    detail = {"basis": row.basis, "case_number": row.case_number, "issued_by": row.issued_by, "kind": kind}
    audit.append(
        session, actor=actor, action="authorisation.add", object_type="authorisation", object_id=row.number,
        detail=detail, at=at,
    )  # fmt: skip
    return row


def find(session: Session, number: str) -> Authorisation | None:
    """The authorisation of this number."""
    return session.execute(select(Authorisation).where(Authorisation.number == number)).scalar_one_or_none()


def listed(session: Session) -> list[Authorisation]:
    """All authorisations, the one entered last first."""
    return list(session.execute(select(Authorisation).order_by(Authorisation.id.desc())).scalars())


def revoke(session: Session, number: str, *, actor: str, at: datetime) -> Authorisation:
    """Take an authorisation back: from now on nothing is approved or sealed under it.

    Raises:
        AuthorisationMissingError: no such number. AuthorisationRevokedError: it was taken back before.

    Effects: tables ``authorisation``, ``audit``.
    """
    row = find(session, number)
    if row is None:
        raise AuthorisationMissingError(f"expected a known number, got {number}", hint="wangjian authorise list")
    require(row, min(at, row.valid_to))
    row.revoked_at = as_utc(at)
    audit.append(
        session, actor=actor, action="authorisation.revoke", object_type="authorisation", object_id=number, at=at
    )
    session.flush()
    return row


def require(mandate: Authorisation, at: datetime) -> Authorisation:
    """An authorisation that covers this time.

    Raises:
        AuthorisationRevokedError, AuthorisationExpiredError: says why it does not.
    """
    if mandate.revoked_at is not None and mandate.revoked_at <= at:
        raise AuthorisationRevokedError(
            f"expected an authorisation in force, {mandate.number} was taken back {iso(mandate.revoked_at)}", hint=_ADD
        )
    if not mandate.valid_from <= at <= mandate.valid_to:
        raise AuthorisationExpiredError(
            f"expected an authorisation for {iso(at)}, {mandate.number} is valid {iso(mandate.valid_from)} to "
            f"{iso(mandate.valid_to)}",
            hint=_ADD,
        )
    return mandate


def of_case(session: Session, number: str, at: datetime) -> Authorisation:
    """The authorisation of a case, entered last, that covers this time.

    Raises:
        AuthorisationMissingError: the case has none. AuthorisationRevokedError, AuthorisationExpiredError: none covers.
    """
    found = [row for row in listed(session) if row.kind == CASE and row.case_number == number]
    if not found:
        raise AuthorisationMissingError(f"expected an authorisation for case {number}, got none", hint=_ADD)
    return _covering(found, at) or require(found[0], at)


def of_task(session: Session, at: datetime) -> Authorisation | None:
    """The standing task, entered last, that covers this time, or none."""
    return _covering([row for row in listed(session) if row.kind == TASK], at)


def _covering(found: list[Authorisation], at: datetime) -> Authorisation | None:
    for row in found:
        if row.valid_from <= at <= row.valid_to and (row.revoked_at is None or row.revoked_at > at):
            return row
    return None
