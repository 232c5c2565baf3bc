"""Merchants sign in: accounts, lock-out and sessions of their own, in tables of their own.

No officer's session is looked for here, and none of these is looked for there: the two never open one another's doors.

Spec: GB/T 22239-2019 8.1.4.1 identity authentication (lock-out, time-out); OWASP ASVS 5.0 V6, V7; RFC 9106 (argon2id).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.auth import LOCK_TIME, MAX_FAILURES
from api.errors import BusyError, ConflictError, InputError
from kernel import audit
from kernel.crypto import random_token, same_secret, sha256_hex
from kernel.db import Database
from kernel.models import MerchantAccount, MerchantSession

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,59}")
SIGN_UPS_AN_HOUR = 200
"""For all together: what a script could add in a night, an officer would have to look through."""


@dataclass(frozen=True, slots=True)
class MerchantSignedIn:
    """The merchant behind a request, and the CSRF token of this sign-in."""

    account_id: int
    name: str
    display_name: str
    csrf_token: str
    token_sha256: str

    @property
    def actor(self) -> str:
        """As in the audit trail: never to be taken for an officer."""
        return f"merchant:{self.name}"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a merchant enters to get an account; ``password_hash`` is argon2id."""

    name: str
    display_name: str
    contact: str
    password_hash: str


def account_name(text: str) -> str:
    """The name of an account in its one form, from what somebody typed."""
    return text.strip().lower()


def register(session: Session, wanted: SignUp, *, at: datetime) -> MerchantAccount:
    """Make an account.

    Raises:
        InputError: a name or contact that is none. ConflictError: the name is taken.
        BusyError: too many new accounts in this hour.

    Effects: tables ``merchant_account``, ``audit``.
    """
    name = account_name(wanted.name)
    fields = {
        "name": "" if NAME.fullmatch(name) else "3-60 a-z 0-9 . _ @ + -",
        "contact": "" if 5 <= len(wanted.contact.strip()) <= 100 else "5-100",
    }
    wrong = {field: reason for field, reason in fields.items() if reason}
    if wrong:
        raise InputError(
            f"expected a name and a contact, got neither in: {', '.join(wrong)}",
            hint="登录名用字母和数字，3 至 60 位；请填写联系电话或邮箱。",
            context={"fields": wrong},
        )
    recent = select(func.count(MerchantAccount.id)).where(MerchantAccount.created_at > at - timedelta(hours=1))
    if session.execute(recent).scalar_one() >= SIGN_UPS_AN_HOUR:
        raise BusyError("expected fewer new accounts in an hour", hint="注册的人太多，请一小时后再试。")
    account = MerchantAccount(
        name=name, display_name=wanted.display_name.strip()[:60], contact=wanted.contact.strip(),
        password_hash=wanted.password_hash, created_at=at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:
        raise ConflictError(
            "expected a name nobody has, got one that is taken", hint="该登录名已被使用，请换一个，或直接登录。"
        ) from error
    audit.append(
        session, actor=f"merchant:{name}", action="merchant.registered", object_type="merchant_account",
        object_id=account.id, at=at,
    )  # fmt: skip
    return account


def stored_password(database: Database, name: str) -> str:
    """The hash of a merchant's password, or empty; compared before the write session is opened."""
    with database.read() as session:
        query = select(MerchantAccount.password_hash).where(MerchantAccount.name == account_name(name))
        return session.execute(query).scalar_one_or_none() or ""


def try_password(session: Session, *, name: str, stored: str, right: bool, at: datetime) -> MerchantAccount | None:
    """Settle a sign-in: count failures, lock the account after five for fifteen minutes.

    Args:
        session: a write session; commit it whatever the outcome, so that failures count.
        stored: what :func:`stored_password` gave. right: whether the gate matched it.

    Effects: tables ``merchant_account``, ``audit``.
    """
    wanted = account_name(name)
    query = select(MerchantAccount).where(MerchantAccount.name == wanted)
    account = session.execute(query).scalar_one_or_none()
    locked = account is not None and account.locked_until is not None and account.locked_until > at
    if account is not None and account.active and not locked and right and same_secret(account.password_hash, stored):
        account.failed_attempts, account.locked_until = 0, None
        return account
    if account is not None and account.active and not locked:
        account.failed_attempts += 1
        if account.failed_attempts >= MAX_FAILURES:
            account.locked_until, account.failed_attempts = at + LOCK_TIME, 0
    audit.append(
        session, actor=f"merchant:{account.name}" if account else "system:web", action="merchant.refused",
        object_type="merchant_account", object_id=wanted[:60], detail={"locked": bool(locked)}, at=at,
    )  # fmt: skip
    return None


def open_session(session: Session, account: MerchantAccount, *, hours: float, at: datetime) -> str:
    """Make a sign-in and clear what has expired.

    Returns:
        the secret for the cookie; only its digest is kept.

    Effects: tables ``merchant_session``, ``audit``.
    """
    session.execute(delete(MerchantSession).where(MerchantSession.expires_at <= at))
    token = random_token()
    session.add(
        MerchantSession(
            token_sha256=sha256_hex(token.encode()), account_id=account.id, csrf_token=random_token(24), created_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )  # fmt: skip
    audit.append(
        session, actor=f"merchant:{account.name}", action="merchant.signed_in", object_type="merchant_account",
        object_id=account.id, at=at,
    )  # fmt: skip
    return token


def find_session(session: Session, token: str, *, at: datetime) -> MerchantSignedIn | None:
    """The merchant a cookie stands for, or None."""
    row = session.get(MerchantSession, sha256_hex(token.encode()))
    if row is None or row.expires_at <= at:
        return None
    account = session.get(MerchantAccount, row.account_id)
    if account is None or not account.active:
        return None
    return MerchantSignedIn(
        account.id, account.name, account.display_name or account.name, row.csrf_token, row.token_sha256
    )


def close_session(session: Session, merchant: MerchantSignedIn, *, at: datetime) -> None:
    """Sign out. Effects: tables ``merchant_session``, ``audit``."""
    session.execute(delete(MerchantSession).where(MerchantSession.token_sha256 == merchant.token_sha256))
    audit.append(
        session, actor=merchant.actor, action="merchant.signed_out", object_type="merchant_account",
        object_id=merchant.account_id, at=at,
    )  # fmt: skip
