"""The first sign-in."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from kernel import audit
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import User, UserSession
from pipeline.sign_in import FIRST_USER, TICKET_LIFE, ensure_user, ticket_url

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def test_a_user_is_made_once(database: Database) -> None:
    """A second call finds the first one and leaves the roles alone."""
    first = ensure_user(database, "li", ["supervisor"], at=AT)
    assert ensure_user(database, "li", ["administrator"], at=AT) == first
    with database.read() as session:
        assert session.execute(select(User.name, User.roles)).all() == [("li", ["supervisor"])]


def test_a_ticket_is_kept_as_a_digest_only(database: Database) -> None:
    """The address carries the secret, the database does not; it ends after its time."""
    url = ticket_url(database, "http://127.0.0.1:8600", at=AT)
    token = parse_qs(urlsplit(url).query)["ticket"][0]
    with database.read() as session:
        row = session.execute(select(UserSession)).scalar_one()
        user = session.get_one(User, row.user_id)
        assert audit.verify(session).ok
    assert (row.kind, row.token_sha256) == ("ticket", sha256_hex(token.encode()))
    assert row.expires_at - AT == TICKET_LIFE > timedelta(0)
    assert user.name == FIRST_USER
    assert not user.password_hash
    assert ticket_url(database, "http://127.0.0.1:8600", at=AT) != url
