"""The audit chain: every change of the past is seen."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from kernel import audit
from kernel.db import Database

AT = datetime(2026, 11, 25, tzinfo=UTC)


def _fill(database: Database) -> None:
    for number in range(5):
        with database.write() as session:
            audit.append(session, actor="a", action="b", object_type="c", object_id=number, detail={"n": number}, at=AT)


def test_a_good_chain_verifies(database: Database) -> None:
    """An untouched chain is whole."""
    _fill(database)
    with database.read() as session:
        assert audit.verify(session) == audit.AuditCheck(ok=True, entries=5, first_bad_seq=None)


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE audit SET actor='x' WHERE seq=3", 3),
        ("UPDATE audit SET detail='{\"n\": 9}' WHERE seq=1", 1),
        ("DELETE FROM audit WHERE seq=2", 2),
        ("UPDATE audit SET at='2026-11-26 00:00:00.000000' WHERE seq=5", 5),
        ("UPDATE audit SET hash='0' WHERE seq=4", 4),
    ],
)
def test_tampering_is_seen(database: Database, statement: str, first_bad: int) -> None:
    """A changed or missing line breaks the chain there."""
    _fill(database)
    with database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        check = audit.verify(session)
    assert (check.ok, check.first_bad_seq) == (False, first_bad)


def test_nothing_is_written_when_the_work_fails(database: Database) -> None:
    """The line belongs to the transaction of the work."""

    def work() -> None:
        with database.write() as session:
            audit.append(session, actor="a", action="b", at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    with database.read() as session:
        assert audit.verify(session).entries == 0
