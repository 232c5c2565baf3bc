"""A merchant who forgot the password gets in again: by a code an officer hands out, or by control of a proven site.

There is no mail server here, and nothing is sent. An officer checks who is asking, as when the papers were looked at,
and hands a code over; or whoever asks puts a new token on a site that is proven already. Both are audited, limited,
and end every sign-in there was. Whether a name or a site exists is told to nobody.

Spec: OWASP ASVS 5.0 6.4 (recovery is as strong as the sign-in; codes are random, short-lived and for one use).
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from api.context import Context
from api.errors import BusyError
from api.merchant_auth import account_name
from identity_verify.application import any_application
from identity_verify.control import Challenge, Fetcher
from identity_verify.control_dns import check_txt
from identity_verify.control_token import WELL_KNOWN, record_name, record_text
from identity_verify.control_web import check_file
from identity_verify.errors import NotReadyError, RecoveryError
from identity_verify.merchants import SPEAKING
from identity_verify.site_address import read_address
from identity_verify.site_claims import COUNTING, challenge_of
from kernel import audit
from kernel.clock import CHINA
from kernel.crypto import same_secret, sha256_hex
from kernel.db import Database
from kernel.models import Application, AuditEntry, MerchantAccount, MerchantSession, SiteClaim
from pipeline.probe import Probe

CODE_LIFE = timedelta(hours=24)
CODE_BYTES = 10
"""80 bits: with five tries nobody guesses it, and it can be read over a counter."""
TRIES = 5
REFUSED = "merchant.recovery_refused"
LEAST_NOTE = 4
METHODS = {"file": check_file, "dns": check_txt}


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def hand_out(session: Session, application_id: int, *, actor: str, checked: str, at: datetime) -> str:
    """A one-time code for the account behind an application; an older one counts no more.

    Args:
        session: a write session. actor: the officer. checked: how they made sure who is asking, in words.

    Returns:
        the code, to be shown once; only its digest is kept.

    Raises:
        NotReadyError: it is not said what was checked. ApplicationUnknownError: no such application.

    Effects: tables ``merchant_account``, ``audit``.
    """
    if len(checked.strip()) < LEAST_NOTE:
        raise NotReadyError(
            "expected a few words on how the identity was checked, got none",
            hint="请写明如何核实了来人身份（例如：营业执照原件、法定代表人身份证）。",
            context={"fields": {"checked": "missing"}},
        )
    account = session.get_one(MerchantAccount, any_application(session, application_id).account_id)
    code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")
    account.recovery_sha256, account.recovery_by = sha256_hex(code.encode()), actor
    account.recovery_expires_at, account.recovery_tries = at + CODE_LIFE, 0
    audit.append(
        session, actor=actor, action="merchant.recovery_code", object_type="merchant_account", object_id=account.name,
        detail={"application": application_id, "checked": checked.strip()[:500]}, at=at,
    )  # fmt: skip
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def reset_by_code(
    session: Session, *, name: str, code: str, password_hash: str, at: datetime
) -> MerchantAccount | None:
    """Settle a try with a code; the fifth wrong one takes the code out of use.

    Args:
        session: a write session; commit it whatever the outcome, so that tries count.

    Returns:
        the account with its new password, or None when name, code or time is not right.

    Raises:
        BusyError: too many tries for this name within an hour.

    Effects: tables ``merchant_account``, ``merchant_session``, ``audit``.
    """
    account = _account(session, name)
    _require_few(session, name, at)
    out = account is not None and account.recovery_expires_at is not None and account.recovery_expires_at > at
    if account is None or not out or not same_secret(account.recovery_sha256, sha256_hex(_plain(code).encode())):
        if account is not None and out:
            account.recovery_tries += 1
            if account.recovery_tries >= TRIES:
                account.recovery_sha256, account.recovery_expires_at = "", None
        _refuse(session, name, "code", at)
        return None
    _reset(session, account, password_hash, {"how": "code", "by": account.recovery_by}, at)
    return account


@dataclass(frozen=True, slots=True)
class SiteProof:
    """What to put on a site to show control of it once more.

    Attributes:
        secret: known to who asked only; the token follows from it, not the other way round.
        file, record_name, record: where the token goes, by file or by DNS.
    """

    name: str
    host: str
    secret: str
    token: str
    file: str
    record_name: str
    record: str


def site_proof(name: str, address: str, *, secret: str = "", at: datetime) -> SiteProof:
    """What to put where; the same secret gives the same token again. Says nothing of whose the site is.

    Args:
        secret: as it was given out first; empty: a new one.

    Raises:
        SiteAddressError: not an address of a site.
    """
    site = read_address(address)
    given = secret or f"{int(at.timestamp())}.{secrets.token_urlsafe(24)}"
    digest = bytes.fromhex(sha256_hex("\x1f".join(("recover", account_name(name), site.host, given)).encode()))
    token = base64.b32encode(digest[:16]).decode("ascii").rstrip("=").lower()
    day = (at + CODE_LIFE).astimezone(CHINA).date()
    return SiteProof(
        name=account_name(name), host=site.host, secret=given, token=token,
        file=f"{site.origin}{WELL_KNOWN}{token}", record_name=record_name(site.host), record=record_text(token, day),
    )  # fmt: skip


def reset_by_site(
    context: Context, wanted: SiteProof, *, method: str, password_hash: str, fetcher: Fetcher | None = None
) -> MerchantAccount:
    """Look whether the token is on a site that this account has proven before, and set the new password.

    Raises:
        RecoveryError: the token is not there, it is too old, or the site is none of this account's.
        BusyError: too many tries or looks.

    Effects: connections to the site; tables ``merchant_account``, ``merchant_session``, ``audit``.
    """
    at = context.now()
    challenge = _challenge(context.database, wanted, at)
    found = False
    if challenge is not None and method in METHODS and _fresh(wanted.secret, at):
        if not context.looks.acquire(blocking=False):
            raise BusyError("expected a free place to look, got none", hint="同时检查的人太多，请几秒后再试。")
        try:
            look = METHODS[method](challenge, fetcher or Probe(context.settings), on=at.astimezone(CHINA).date())
            found = look.ok
        finally:
            context.looks.release()
    with context.database.write() as session:
        account = _account(session, wanted.name) if found else None
        if account is not None:
            _reset(session, account, password_hash, {"how": "site", "host": wanted.host, "method": method}, at)
            return account
        _refuse(session, wanted.name, "site", at)
    raise RecoveryError(
        "expected the token on a site that this account has proven, within a day; got none",
        hint="没有找到验证码，或该网址不是此账号已证明的站点，或已超过24小时。请核对后再试。",
    )


def _challenge(database: Database, wanted: SiteProof, at: datetime) -> Challenge | None:
    """What to look for on the proven site; none where this account has no such site."""
    with database.read() as session:
        _require_few(session, wanted.name, at)
        query = (
            select(SiteClaim)
            .join(Application, Application.id == SiteClaim.application_id)
            .join(MerchantAccount, MerchantAccount.id == Application.account_id)
            .where(
                MerchantAccount.name == wanted.name, MerchantAccount.active, Application.state.in_(SPEAKING),
                SiteClaim.host == wanted.host, SiteClaim.kind == "site", SiteClaim.state.in_(COUNTING),
                SiteClaim.removed_at.is_(None),
            )
        )  # fmt: skip
        claim = session.execute(query.order_by(SiteClaim.id).limit(1)).scalar()
        if claim is None:
            return None
        held = challenge_of(claim, "")
    day = (at + CODE_LIFE).astimezone(CHINA).date()
    return Challenge(held.origin, held.host, held.domain, "/", "host", wanted.token, day, "")


def _fresh(secret: str, at: datetime) -> bool:
    begun, _, rest = secret.partition(".")
    try:
        age = at.timestamp() - int(begun)
    except ValueError:
        return False
    return len(rest) >= 32 and 0 <= age <= CODE_LIFE.total_seconds()


def _account(session: Session, name: str) -> MerchantAccount | None:
    query = select(MerchantAccount).where(MerchantAccount.name == account_name(name), MerchantAccount.active)
    return session.execute(query.with_for_update()).scalar_one_or_none()


def _require_few(session: Session, name: str, at: datetime) -> None:
    query = select(func.count(AuditEntry.seq)).where(
        AuditEntry.action == REFUSED, AuditEntry.object_id == account_name(name)[:60],
        AuditEntry.at > at - timedelta(hours=1),
    )  # fmt: skip
    if session.execute(query).scalar_one() >= TRIES:
        raise BusyError("expected fewer tries within an hour", hint="尝试次数太多，请一小时后再试，或到窗口办理。")


def _refuse(session: Session, name: str, how: str, at: datetime) -> None:
    audit.append(
        session, actor="system:web", action=REFUSED, object_type="merchant_account",
        object_id=account_name(name)[:60], detail={"how": how}, at=at,
    )  # fmt: skip


def _reset(
    session: Session, account: MerchantAccount, password_hash: str, detail: dict[str, object], at: datetime
) -> None:
    account.password_hash, account.failed_attempts, account.locked_until = password_hash, 0, None
    account.recovery_sha256, account.recovery_by, account.recovery_expires_at = "", "", None
    account.recovery_tries = 0
    session.execute(delete(MerchantSession).where(MerchantSession.account_id == account.id))
    audit.append(
        session, actor=f"merchant:{account.name}", action="merchant.recovered", object_type="merchant_account",
        object_id=account.name, detail=detail, at=at,
    )  # fmt: skip
