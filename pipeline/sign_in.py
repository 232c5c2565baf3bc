"""First sign-in: an administrator's account and a one-time ticket, printed on the console."""

from datetime import datetime, timedelta

from sqlalchemy import select

from kernel import audit
from kernel.crypto import random_token, sha256_hex
from kernel.db import Database
from kernel.models import User, UserSession

FIRST_USER = "admin"
TICKET_LIFE = timedelta(hours=12)


def ensure_user(database: Database, name: str, roles: list[str], *, at: datetime) -> int:
    """The id of a user of that name, made when there is none. Effects: tables ``user``, ``audit``."""
    with database.write() as session:
        user = session.execute(select(User).where(User.name == name)).scalar_one_or_none()
        if user is None:
            user = User(name=name, display_name=name, roles=roles, created_at=at)
            session.add(user)
            session.flush()
            audit.append(session, actor="system:cli", action="user.add", object_type="user", object_id=user.id, at=at)
        return user.id


def ticket_url(database: Database, base: str, *, at: datetime, name: str = FIRST_USER) -> str:
    """An address that signs this user in once.

    The console's owner owns the machine, so the first account holds all roles; its password is
    set in the interface.

    Effects: tables ``user``, ``user_session``, ``audit``.
    """
    user_id = ensure_user(database, name, ["supervisor", "investigator", "administrator"], at=at)
    token = random_token()
    with database.write() as session:
        session.add(
            UserSession(
                token_sha256=sha256_hex(token.encode()),
                user_id=user_id,
                kind="ticket",
                created_at=at,
                expires_at=at + TICKET_LIFE,
            )
        )
        audit.append(session, actor="system:cli", action="user.ticket", object_type="user", object_id=user_id, at=at)
    return f"{base}/signin/once?ticket={token}"
