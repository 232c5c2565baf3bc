"""Which orders a command waits for."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel.db import Database
from kernel.models import Evidence
from pipeline.patience import GIVE_UP_ATTEMPTS, LONGEST_WAIT, Patience

AT = datetime(2026, 11, 25, tzinfo=UTC)


def _order(name: str, **values: object) -> Evidence:
    row = Evidence(id=name, key=name, url="http://a.example.test/", reason="order", ordered_by="me", ordered_at=AT)
    for field, value in values.items():
        setattr(row, field, value)
    return row


def test_a_new_command_makes_everything_due(database: Database) -> None:
    """What waited for an hour is due at once, and its earlier tries do not count; what is over stays over."""
    with database.write() as session:
        session.add(_order("late", state="captured", attempts=9, retry_at=AT + timedelta(hours=1)))
        session.add(_order("over", state="failed", attempts=9))
    with database.write() as session:
        patience = Patience(session)
    with database.read() as session:
        assert session.get_one(Evidence, "late").retry_at is None
        assert patience.worth_waiting(session, at=AT) == 1


@pytest.mark.parametrize(
    ("attempts", "wait", "worth"),
    [
        (1, timedelta(seconds=10), 1),
        (GIVE_UP_ATTEMPTS - 1, LONGEST_WAIT, 1),
        (GIVE_UP_ATTEMPTS, timedelta(seconds=1), 0),
        (1, LONGEST_WAIT + timedelta(seconds=1), 0),
    ],
)
def test_patience_ends(database: Database, attempts: int, wait: timedelta, worth: int) -> None:
    """Three tries, or a next one that is far: the command ends and says what waits."""
    with database.write() as session:
        patience = Patience(session)
        session.add(_order("one", state="ordered", attempts=attempts, retry_at=AT + wait))
    with database.read() as session:
        assert patience.worth_waiting(session, at=AT) == worth
