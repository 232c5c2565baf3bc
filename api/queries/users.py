"""People who sign in: the list and what an administrator may change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import SignedIn, close_all, make_ticket
from api.errors import ConflictError, InputError
from api.policy import ROLES, Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from kernel import audit
from kernel.models import User

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
TICKET_MINUTES = 60


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be let in. ``password_hash`` is argon2id, or empty for one-time sign-in only."""

    name: str
    display_name: str
    certificate_number: str
    roles: tuple[str, ...]
    password_hash: str = ""


def list_users(session: Session, scope: Scope) -> tuple[User, ...]:
    """Everybody, by name."""
    query = select(User).where(allowed(scope, Permission.USER_MANAGE)).order_by(User.name)
    return tuple(session.execute(query).scalars())


def read_user(session: Session, scope: Scope, user_id: int) -> User:
    """One user.

    Raises:
        NotFoundError: no such user, or not this reader's.
    """
    query = select(User).where(User.id == user_id, allowed(scope, Permission.USER_MANAGE))
    return require(session.execute(query).scalar_one_or_none(), "a user", "用户列表")


def check_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """The roles in their usual order.

    Raises:
        InputError: unknown, or none.
    """
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise InputError(
            f"expected roles of {', '.join(ROLES)}, got {', '.join(roles) or 'none'}",
            hint="至少选择一个角色。",
            context={"fields": {"roles": "unknown" if unknown else "none"}},
        )
    return tuple(role for role in ROLES if role in roles)


def add_user(session: Session, scope: Scope, new: NewUser, *, at: datetime) -> User:
    """Let a person in.

    Raises:
        InputError: name or roles not understood. ConflictError: the name is taken.

    Effects: tables ``user``, ``audit``.
    """
    if not NAME.fullmatch(new.name):
        raise InputError(
            "expected 2 to 60 of a-z 0-9 . _ - for the name",
            hint="登录名用小写字母和数字。",
            context={"fields": {"name": "a-z 0-9 . _ -"}},
        )
    roles = check_roles(new.roles)
    if session.execute(select(User.id).where(User.name == new.name)).first():
        raise ConflictError("expected a free name, got one in use", hint="换一个登录名。")
    user = User(
        name=new.name,
        display_name=new.display_name[:60],
        certificate_number=new.certificate_number[:40],
        password_hash=new.password_hash,
        roles=list(roles),
        created_at=at,
    )
    session.add(user)
    session.flush()
    audit.append(
        session, actor=scope.name, action="user.add", object_type="user", object_id=user.id,
        detail={"name": user.name, "roles": list(roles)}, at=at,
    )  # fmt: skip
    return user


def change_user(
    session: Session, scope: Scope, user_id: int, *, roles: Sequence[str], active: bool, at: datetime
) -> User:
    """Change roles or switch an account on or off; its sign-ins end.

    Raises:
        NotFoundError: no such user. InputError: roles not understood.
        ConflictError: an administrator changing their own roles: neither locking themselves out, nor
        letting themselves in to the evidence.

    Effects: tables ``user``, ``user_session``, ``audit``.
    """
    user = read_user(session, scope, user_id)
    wanted = check_roles(roles)
    if user_id == scope.user_id and (not active or set(wanted) != set(user.roles)):
        raise ConflictError(
            "expected somebody else's account, got one's own", hint="不能停用自己或更改自己的角色，请另一位管理员来做。"
        )
    detail = {"roles": {"from": list(user.roles), "to": list(wanted)}, "active": {"from": user.active, "to": active}}
    user.roles, user.active = list(wanted), active
    user.failed_attempts, user.locked_until = 0, None
    if user_id != scope.user_id:
        close_all(session, user_id)
    audit.append(
        session, actor=scope.name, action="user.change", object_type="user", object_id=user_id, detail=detail, at=at
    )
    return user


def give_ticket(session: Session, scope: Scope, user_id: int, *, at: datetime) -> str:
    """A one-time sign-in for a user, good for an hour.

    Raises:
        NotFoundError: no such user. ConflictError: the account is off.

    Effects: tables ``user_session``, ``audit``.
    """
    user = read_user(session, scope, user_id)
    if not user.active:
        raise ConflictError("expected an account in use, got one that is off", hint="先启用该账号。")
    audit.append(session, actor=scope.name, action="user.ticket", object_type="user", object_id=user_id, at=at)
    return make_ticket(session, user, minutes=TICKET_MINUTES, at=at)


def set_password(session: Session, who: SignedIn, *, password_hash: str, at: datetime) -> None:
    """Replace one's own password; every other sign-in and ticket of the account ends.

    Spec: OWASP ASVS 5.0 7.4.3.

    Raises:
        NotFoundError: the account is gone.

    Effects: tables ``user``, ``user_session``, ``audit``.
    """
    user_id = who.scope.user_id
    user = require(session.get(User, user_id), "a user")
    user.password_hash = password_hash
    close_all(session, user_id, keep=who.token_sha256)
    audit.append(session, actor=who.scope.name, action="user.password", object_type="user", object_id=user_id, at=at)
