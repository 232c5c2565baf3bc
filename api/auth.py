"""Signing in: argon2id passwords, one-time tickets, server-side sessions.

Only the SHA-256 of a session's or ticket's secret is kept, so a copy of the database opens no door.

Spec: GB/T 22239-2019 8.1.4.1 identity authentication (lock-out, time-out); OWASP ASVS 5.0 V6, V7;
RFC 9106 (argon2id).
"""

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.errors import BusyError, InputError, SignInFailedError
from api.policy import Scope, permissions_of
from kernel import audit
from kernel.crypto import random_token, same_secret, sha256_hex
from kernel.db import Database
from kernel.models import User, UserSession

MAX_FAILURES = 5
LOCK_TIME = timedelta(minutes=15)
MIN_PASSWORD = 12
MAX_PASSWORD = 200
GATE_WAIT_S = 10.0


class PasswordGate:
    """Hashes and checks passwords, a few at a time: each costs 64 MiB of memory.

    Args:
        slots: how many may run at once; the rest wait, at most ten seconds.
    """

    def __init__(self, slots: int = 2, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(slots)
        self._nobody = _hash_of_nothing(self._hasher)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=GATE_WAIT_S):
            raise BusyError("expected a free place to check a password, got none for ten seconds", hint="请稍后再试。")
        try:
            yield
        finally:
            self._slots.release()

    def hash(self, password: str) -> str:
        """The argon2id hash of a password, in PHC form.

        Raises:
            InputError: shorter than 12 or longer than 200 characters.
        """
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            reason = f"{MIN_PASSWORD}-{MAX_PASSWORD}"
            raise InputError(
                f"expected a password of {reason} characters, got {len(password)}",
                hint="口令至少 12 个字符。",
                context={"fields": {"password": reason}},
            )
        with self._slot():
            return self._hasher.hash(password)

    def matches(self, stored: str, password: str) -> bool:
        """True when the password is right. Takes as long when there is no such account (``stored`` empty)."""
        with self._slot():
            try:
                self._hasher.verify(stored or self._nobody, password[: MAX_PASSWORD + 1])
            except (VerificationError, InvalidHashError):
                return False
            return bool(stored)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash that no password has, in PHC form: checked as any other, and made without its 64 MiB."""
    salt, tag = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${tag}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request, and the CSRF token of this sign-in."""

    scope: Scope
    display_name: str
    roles: tuple[str, ...]
    csrf_token: str
    token_sha256: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a sign-in ended: the new session's secret, or why not (for the audit trail only)."""

    token: str
    refused: str


def stored_password(database: Database, name: str) -> str:
    """The hash of an account's password, or empty.

    Compare it before the write session is opened: argon2 takes long on purpose, and strangers at the
    door must not keep everybody else from writing.
    """
    with database.read() as session:
        return session.execute(select(User.password_hash).where(User.name == name)).scalar_one_or_none() or ""


def try_password(session: Session, *, name: str, stored: str, right: bool, at: datetime) -> User | str:
    """Settle a sign-in: count failures, lock the account after five.

    Args:
        session: a write session; commit it whatever the outcome, so that failures count.
        stored: what :func:`stored_password` gave. right: whether :class:`PasswordGate` matched it.

    Returns:
        the user, or the reason for refusing (``unknown``, ``inactive``, ``locked``, ``password``).

    Effects: tables ``user``, ``audit``.
    """
    user = session.execute(select(User).where(User.name == name)).scalar_one_or_none()
    # A password that was replaced meanwhile opens nothing.
    right = right and user is not None and same_secret(user.password_hash, stored)
    reason = _refusal(user, right=right, at=at)
    if user is None or reason:
        if user and reason == "password":
            user.failed_attempts += 1
            if user.failed_attempts >= MAX_FAILURES:
                user.locked_until, user.failed_attempts = at + LOCK_TIME, 0
        actor = user.name if user else "system:web"
        audit.append(
            session, actor=actor, action="session.refused", object_type="user", object_id=name[:60],
            detail={"reason": reason}, at=at,
        )  # fmt: skip
        return reason
    user.failed_attempts, user.locked_until = 0, None
    return user


def _refusal(user: User | None, *, right: bool, at: datetime) -> str:
    if user is None:
        return "unknown"
    if not user.active:
        return "inactive"
    if user.locked_until and user.locked_until > at:
        return "locked"
    return "" if right else "password"


def open_session(session: Session, user: User, *, hours: float, at: datetime, how: str) -> str:
    """Make a sign-in for a user and clear what has expired.

    Returns:
        the secret for the cookie; only its digest is kept.

    Effects: tables ``user_session``, ``audit``.
    """
    session.execute(delete(UserSession).where(UserSession.expires_at <= at))
    token = random_token()
    session.add(
        UserSession(
            token_sha256=sha256_hex(token.encode()),
            user_id=user.id,
            kind="session",
            csrf_token=random_token(24),
            created_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    audit.append(
        session, actor=user.name, action="session.opened", object_type="user", object_id=user.id,
        detail={"how": how}, at=at,
    )  # fmt: skip
    return token


def make_ticket(session: Session, user: User, *, minutes: int, at: datetime) -> str:
    """A one-time sign-in for a user, for ``/signin/once?ticket=…``.

    Effects: tables ``user_session``, ``audit``.
    """
    ticket = random_token()
    session.add(
        UserSession(
            token_sha256=sha256_hex(ticket.encode()),
            user_id=user.id,
            kind="ticket",
            created_at=at,
            expires_at=at + timedelta(minutes=minutes),
        )
    )
    audit.append(session, actor="system:web", action="ticket.made", object_type="user", object_id=user.id, at=at)
    return ticket


def use_ticket(session: Session, ticket: str, *, at: datetime) -> User:
    """Redeem a one-time sign-in; the second use fails.

    Raises:
        SignInFailedError: unknown, used or expired, or the account is off.

    Effects: table ``user_session``.
    """
    # Locked, so that of two people who open the same ticket at once only one finds it.
    row = session.get(UserSession, sha256_hex(ticket.encode()), with_for_update=True)
    user = session.get(User, row.user_id) if row and row.kind == "ticket" and row.expires_at > at else None
    if row is None or user is None or not user.active:
        raise SignInFailedError(
            "expected a ticket that is unused and not expired", hint="一次性登录链接只能用一次；请让管理员再发一个。"
        )
    session.delete(row)
    return user


def find_session(session: Session, token: str, *, at: datetime) -> SignedIn | None:
    """The person a cookie stands for, or None when it stands for nobody any more."""
    row = session.get(UserSession, sha256_hex(token.encode()))
    if row is None or row.kind != "session" or row.expires_at <= at:
        return None
    user = session.get(User, row.user_id)
    if user is None or not user.active:
        return None
    return SignedIn(
        scope=Scope(user_id=user.id, name=user.name, permissions=permissions_of(user.roles)),
        display_name=user.display_name or user.name,
        roles=tuple(user.roles),
        csrf_token=row.csrf_token,
        token_sha256=row.token_sha256,
    )


def close_session(session: Session, who: SignedIn, *, at: datetime) -> None:
    """Sign out. Effects: tables ``user_session``, ``audit``."""
    session.execute(delete(UserSession).where(UserSession.token_sha256 == who.token_sha256))
    audit.append(
        session, actor=who.scope.name, action="session.closed", object_type="user", object_id=who.scope.user_id, at=at
    )


def close_all(session: Session, user_id: int, *, keep: str = "") -> None:
    """End every sign-in and ticket of a user, but for the one with the digest ``keep``.

    Effects: table ``user_session``.
    """
    session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.token_sha256 != keep))
