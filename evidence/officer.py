"""Officers: who may approve evidence for a case.

Spec: 行政处罚法 (2021) 第42条 (two or more officers with enforcement certificates).
"""

import re
import unicodedata
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.errors import OfficerError, OfficerExpiredError, OfficerRevokedError, OfficerUnknownError
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.models import Officer

CERTIFICATE = re.compile(r"[0-9A-Z\u4e00-\u9fff()\-]{4,40}")
ACCOUNT = re.compile(r"[a-z][a-z0-9.-]{1,31}")
MAX_NAME, MAX_UNIT = 60, 120
_ADD = "在册后才能审批 register first: wangjian officer add …"


def certificate_number(text: str) -> str:
    """A certificate number in its one form: half-width, capitals, no spaces, so that one is entered once.

    Raises:
        OfficerError: empty or with other characters.
    """
    found = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if not CERTIFICATE.fullmatch(found):
        raise OfficerError(
            f"expected a certificate number of 4 to 40 digits, letters and brackets, got {text!r}",
            hint="按执法证上的号码填写 as printed on the certificate.",
        )
    return found


def add(  # noqa: PLR0913 - the fields of a certificate, each named by its caller
    session: Session,
    *,
    name: str,
    number: str,
    unit: str,
    account: str,
    valid_from: datetime,
    valid_to: datetime,
    actor: str,
    at: datetime,
) -> Officer:
    """Enter an officer.

    Args:
        session: a write session. number: 执法证号. account: user name of the sign-in.
        valid_from, valid_to: of the certificate, aware. actor: who enters it. at: aware UTC.

    Raises:
        OfficerError: not understood, or the number or account is another officer's.

    Effects: tables ``officer``, ``audit``.
    """
    row = Officer(
        name=name.strip(),
        certificate_number=certificate_number(number),
        unit=unit.strip(),
        account=account,
        valid_from=as_utc(valid_from),
        valid_to=as_utc(valid_to),
    )
    if not 1 <= len(row.name) <= MAX_NAME or not 1 <= len(row.unit) <= MAX_UNIT or not ACCOUNT.fullmatch(account):
        raise OfficerError(
            f"expected a name, a unit and a user name, got {name!r}, {unit!r}, {account!r}",
            hint="用户名为小写字母开头 a user name begins with a small letter.",
        )
    if row.valid_from >= row.valid_to:
        raise OfficerError(f"expected a certificate to begin before it ends, got {iso(valid_from)} to {iso(valid_to)}")
    same = (Officer.certificate_number == row.certificate_number) | (Officer.account == account)
    if session.execute(select(Officer.id).where(same)).first() is not None:
        raise OfficerError(
            f"expected a new certificate number and account, got {row.certificate_number}, {account}, one known",
            hint="每证一人、每人一个账号 one certificate and one account each; see: wangjian officer list",
        )
    session.add(row)
    session.flush()
    detail = {"account": account, "certificate_number": row.certificate_number, "name": row.name, "unit": row.unit}
    audit.append(
        session, actor=actor, action="officer.add", object_type="officer", object_id=str(row.id), detail=detail, at=at
    )
    return row


def revoke(session: Session, number: str, *, actor: str, at: datetime) -> Officer:
    """Take a certificate back: from now on this officer approves nothing, and what waits for a seal counts without.

    Raises:
        OfficerUnknownError: no such number. OfficerRevokedError: it was taken back before.

    Effects: tables ``officer``, ``audit``.
    """
    query = select(Officer).where(Officer.certificate_number == certificate_number(number)).with_for_update()
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        raise OfficerUnknownError(f"expected a known certificate number, got {number}", hint="wangjian officer list")
    if row.revoked_at is not None:
        raise OfficerRevokedError(f"expected a certificate in force, {number} was taken back {iso(row.revoked_at)}")
    row.revoked_at = as_utc(at)
    audit.append(
        session, actor=actor, action="officer.revoke", object_type="officer", object_id=str(row.id),
        detail={"certificate_number": row.certificate_number}, at=at,
    )  # fmt: skip
    session.flush()
    return row


def listed(session: Session) -> list[Officer]:
    """All officers, by certificate number."""
    return list(session.execute(select(Officer).order_by(Officer.certificate_number)).scalars())


def find(session: Session, account: str) -> Officer | None:
    """The officer who signs in with this account."""
    return session.execute(select(Officer).where(Officer.account == account)).scalar_one_or_none()


def require(officer: Officer | None, at: datetime) -> Officer:
    """An officer who may act at this time.

    Raises:
        OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: says why not.
    """
    if officer is None:
        raise OfficerUnknownError("expected the account of an officer, got one without a certificate", hint=_ADD)
    if officer.revoked_at is not None and officer.revoked_at <= at:
        raise OfficerRevokedError(
            f"expected a certificate in force, {officer.certificate_number} was taken back {iso(officer.revoked_at)}",
            hint="须由另一名持证人员审批 another officer has to approve.",
        )
    if not officer.valid_from <= at <= officer.valid_to:
        raise OfficerExpiredError(
            f"expected a certificate valid at {iso(at)}, {officer.certificate_number} is valid "
            f"{iso(officer.valid_from)} to {iso(officer.valid_to)}",
            hint="换证后重新登记，或由另一名持证人员审批 renew it, or another officer has to approve.",
        )
    return officer
