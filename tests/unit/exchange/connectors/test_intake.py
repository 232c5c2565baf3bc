from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors.errors import WriteBackError
from exchange.connectors.intake import Intake
from exchange.connectors.linked import Connector
from exchange.connectors.post import Sending
from exchange.connectors.row import Problem, Quarantined, SourceRow, Understood, keep_only
from kernel.db import Database
from kernel.errors import IdentifierError
from kernel.models import LinkedFault, LinkedRecord

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def understand(row: SourceRow, at: datetime) -> Understood | Quarantined:
    """Everything but the word ``bad``."""
    if row.fields.get("a") == "bad":
        return Quarantined(row.key, row.version, {"a": "bad"}, (Problem("a", "form", "bad"),))
    return Understood(row.key, row.version, row.updated_at, title=str(row.fields.get("a")))


def shape(what: Mapping[str, object]) -> Sending:
    """Nothing is written back."""
    raise WriteBackError("expected nothing")


CONNECTOR = Connector("penalty", ("a",), "a", keep_only(("a",)), understand, shape)


def row(value: str = "x", *, version: int = 1, deleted: bool = False, key: str = "k") -> SourceRow:
    """One row, changed three seconds ago."""
    return SourceRow(key, version, AT - timedelta(seconds=3), {"a": value}, deleted)


def take(
    session: Session, *rows: SourceRow, connector: Connector = CONNECTOR, since: datetime = AT - timedelta(hours=1)
) -> dict[str, int]:
    """Take rows in and tell what became of them."""
    return dict(+Intake(connector, "pull", AT, since=since).take(session, rows).tally)


def record(session: Session) -> LinkedRecord:
    """The only record."""
    return session.execute(select(LinkedRecord)).scalar_one()


def test_versions_only_rise(database: Database) -> None:
    """Twice the same is nothing, a later one changes, an earlier one is stale, in whatever order they come."""
    with database.write() as session:
        assert take(session, row(), row("y", version=2)) == {"new": 1, "changed": 1}
        assert take(session, row("y", version=2), row()) == {"same": 1, "stale": 1}
        assert (record(session).title, record(session).version, record(session).lag_ms) == ("y", 2, 3000)


def test_other_words_under_the_same_version(database: Database) -> None:
    """Are a fault of the system, never a silent overwrite."""
    with database.write() as session:
        take(session, row())
        assert take(session, row("z")) == {"refused": 1, "quarantined": 1}
        assert record(session).title == "x"
        assert session.execute(select(LinkedFault)).scalar_one().problems[0]["reason"] == "same-version"


def test_quarantine_and_mending(database: Database) -> None:
    """The old version stays in use; a later good one closes the fault."""
    with database.write() as session:
        take(session, row())
        assert take(session, row("bad", version=2)) == {"refused": 1, "quarantined": 1}
        assert record(session).version == 1
        assert take(session, row("bad", version=2)) == {"refused": 1}
        assert take(session, row("good", version=2)) == {"changed": 1}
        assert session.execute(select(LinkedFault)).scalar_one().state == "done"


def test_taken_back_and_there_again(database: Database) -> None:
    """A record that is gone is marked, once, and comes back with a later version."""
    with database.write() as session:
        assert take(session, row(deleted=True)) == {"same": 1}
        take(session, row())
        assert take(session, row(version=2, deleted=True)) == {"gone": 1}
        assert take(session, row(version=2, deleted=True)) == {"same": 1}
        assert take(session, row()) == {"stale": 1}
        assert record(session).deleted_at == AT
        assert take(session, row(version=3)) == {"changed": 1}
        assert record(session).deleted_at is None


def test_what_another_room_refuses_leaves_nothing(database: Database) -> None:
    """The row is quarantined with that room's code, and half of its effects are not kept."""

    def refuse(session: Session, found: Understood, at: datetime) -> None:
        session.add(LinkedFault(system="other", digest="d", first_at=at, last_at=at))
        session.flush()
        raise IdentifierError("expected a code, got none")

    connector = Connector("penalty", ("a",), "a", keep_only(("a",)), understand, shape, apply=refuse)
    with database.write() as session:
        assert take(session, row(), connector=connector) == {"refused": 1, "quarantined": 1}
        fault = session.execute(select(LinkedFault)).scalar_one()
        assert (fault.system, fault.problems[0]["field"]) == ("penalty", "kernel.identifier")
        assert not session.execute(select(LinkedRecord)).all()


def test_what_was_changed_before_we_asked_is_not_late(database: Database) -> None:
    """It says nothing of lag."""
    with database.write() as session:
        take(session, row(), since=AT)
        assert record(session).lag_ms == 0


@pytest.mark.parametrize("skew", [-90, 90])
def test_the_clock_of_the_system_is_put_right(database: Database, skew: int) -> None:
    """Times and lags are by our clock."""
    span = timedelta(seconds=skew)
    with database.write() as session:
        Intake(CONNECTOR, "pull", AT, span, AT).take(session, [SourceRow("k", 1, AT + span, {"a": "x"})])
        assert record(session).source_at == AT
        assert record(session).lag_ms == 0
