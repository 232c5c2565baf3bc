"""Passwords, tickets, sessions."""

from datetime import datetime, timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import (
    LOCK_TIME,
    PasswordGate,
    close_all,
    find_session,
    make_ticket,
    open_session,
    stored_password,
    try_password,
    use_ticket,
)
from api.errors import BusyError, InputError, SignInFailedError
from kernel import audit
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import User, UserSession
from tests.e2e.seeded_market import AT, add_user

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "four unrelated words here"


def settle(session: Session, name: str, password: str, at: datetime = AT) -> User | str:
    """A sign-in as it comes over HTTP, in one session."""
    stored = session.execute(select(User.password_hash).where(User.name == name)).scalar_one_or_none() or ""
    right = PasswordGate(hasher=QUICK).matches(stored, password)
    return try_password(session, name=name, stored=stored, right=right, at=at)


@pytest.fixture
def gate() -> PasswordGate:
    """The real algorithm with small parameters."""
    return PasswordGate(hasher=QUICK)


def test_a_password_is_kept_as_argon2id() -> None:
    """With the default parameters of RFC 9106 as the library has them."""
    digest = PasswordGate().hash(PASSWORD)
    assert digest.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_matches_its_password_only(gate: PasswordGate) -> None:
    """Also an empty or broken stored hash matches nothing."""
    digest = gate.hash(PASSWORD)
    assert gate.matches(digest, PASSWORD)
    assert not gate.matches(digest, PASSWORD + "x")
    assert not gate.matches("", "")
    assert not gate.matches("not a hash", PASSWORD)


def test_no_account_costs_what_a_wrong_password_costs() -> None:
    """The same work over a hash of the same form: how long it takes tells nobody whether an account exists."""
    checked: list[str] = []

    class Telling(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the base's name
            checked.append(str(hash))
            return super().verify(hash, password)

    gate = PasswordGate(hasher=Telling(time_cost=1, memory_cost=8, parallelism=1))
    stored = gate.hash(PASSWORD)
    assert not gate.matches("", PASSWORD)
    assert not gate.matches(stored, PASSWORD + "x")
    nobody, somebody = (extract_parameters(digest) for digest in checked)
    assert nobody == somebody
    assert not QUICK.check_needs_rehash(checked[0])


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_weak_and_endless_passwords_are_refused(gate: PasswordGate, password: str) -> None:
    """Twelve to two hundred characters."""
    with pytest.raises(InputError):
        gate.hash(password)


def test_only_so_many_hashes_run_at_once(gate: PasswordGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the slots a sign-in waits, and in the end is told to come back."""
    monkeypatch.setattr("api.auth.GATE_WAIT_S", 0.01)
    with gate._slot(), gate._slot(), pytest.raises(BusyError):
        gate.matches("", PASSWORD)


def test_five_failures_lock_the_account(database: Database, gate: PasswordGate) -> None:
    """Even the right password does not open a locked account, until the time is over."""
    with database.write() as session:
        add_user(session, "li", ["supervisor"], password_hash=gate.hash(PASSWORD))
    for expected in ["password"] * 5 + ["locked"]:
        with database.write() as session:
            assert settle(session, "li", "wrong") == expected
    with database.write() as session:
        assert settle(session, "li", PASSWORD) == "locked"
        later = AT + LOCK_TIME + timedelta(seconds=1)
        user = settle(session, "li", PASSWORD, later)
        assert isinstance(user, User)
        assert user.failed_attempts == 0
        assert audit.verify(session).ok


def test_unknown_and_inactive_accounts_are_refused(database: Database, gate: PasswordGate) -> None:
    """The reason is for the audit trail alone."""
    with database.write() as session:
        add_user(session, "off", ["supervisor"], password_hash=gate.hash(PASSWORD)).active = False
        assert settle(session, "nobody", PASSWORD) == "unknown"
        assert settle(session, "off", PASSWORD) == "inactive"


def test_a_password_that_was_replaced_meanwhile_opens_nothing(database: Database, gate: PasswordGate) -> None:
    """Comparing takes long, outside the transaction; what was compared must still stand."""
    with database.write() as session:
        add_user(session, "li", ["supervisor"], password_hash=gate.hash(PASSWORD))
    old = stored_password(database, "li")
    with database.write() as session:
        session.execute(select(User)).scalar_one().password_hash = gate.hash("another four words here")
    assert gate.matches(old, PASSWORD)
    with database.write() as session:
        assert try_password(session, name="li", stored=old, right=True, at=AT) == "password"
    assert not stored_password(database, "nobody")


def test_a_session_is_kept_as_a_digest_and_ends(database: Database) -> None:
    """A copy of the database opens no door; time closes it; old ones are cleared."""
    with database.write() as session:
        user = add_user(session, "li", ["supervisor"])
        token = open_session(session, user, hours=8, at=AT, how="password")
        row = session.execute(select(UserSession)).scalar_one()
        assert token not in (row.token_sha256, row.csrf_token)
        assert row.token_sha256 == sha256_hex(token.encode())
        who = find_session(session, token, at=AT)
        assert who is not None
        assert who.scope.name == "li"
        assert find_session(session, token, at=AT + timedelta(hours=8)) is None
        open_session(session, user, hours=8, at=AT + timedelta(hours=9), how="password")
        assert len(session.execute(select(UserSession)).all()) == 1
        user.active = False
        session.flush()
        assert find_session(session, token, at=AT) is None
        close_all(session, user.id)
        assert not session.execute(select(UserSession)).all()


def test_a_ticket_works_once(database: Database) -> None:
    """Used, expired, foreign and switched-off tickets fail alike, and a ticket is no session."""
    with database.write() as session:
        user = add_user(session, "li", ["supervisor"])
        ticket = make_ticket(session, user, minutes=60, at=AT)
        assert find_session(session, ticket, at=AT) is None
        with pytest.raises(SignInFailedError):
            use_ticket(session, ticket, at=AT + timedelta(hours=1))
        assert use_ticket(session, ticket, at=AT) is user
        for used in (ticket, "", open_session(session, user, hours=1, at=AT, how="x")):
            with pytest.raises(SignInFailedError):
                use_ticket(session, used, at=AT)
