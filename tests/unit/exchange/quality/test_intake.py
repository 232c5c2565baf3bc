"""What comes in: findings are opened once, told to their owner, closed when the row comes right."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality import desk
from exchange.quality.intake import FILE, Origin, drift_since, examine, intake, record
from exchange.quality.rule_set import rule_set
from kernel.db import Database
from kernel.models import Notice, QualityFinding, QualityRun
from tests.unit.exchange.quality.planting import DICE, Row, row_of

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def _take(session: Session, *rows: Row, at: datetime = AT) -> QualityRun:
    return intake(session, "penalty", rows, source="pull", unit="", at=at)


def _all(session: Session) -> dict[str, QualityFinding]:
    return {row.rule_id: row for row in session.execute(select(QualityFinding)).scalars()}


def _notices(session: Session) -> list[Notice]:
    return list(session.execute(select(Notice).order_by(Notice.id)).scalars())


def test_a_finding_lands_in_the_inbox_and_closes_by_itself(database: Database) -> None:
    """With field, rule, standard, owner and deadline; once, however often the row comes."""
    good = row_of(DICE(1), 1)
    bad = good | {"PenAuth": "", "PubFlag": "7"}
    with database.write() as session:
        run = _take(session, bad)
        assert (run.rows, run.bad_rows, run.findings, run.opened) == (1, 1, 2, 2)
        _take(session, bad)
        found = _all(session)
        assert set(found) == {"DQ-PEN-09", "DQ-PEN-17"}
        one = found["DQ-PEN-17"]
        assert (one.field, one.got, one.expected, one.row_key) == ("PubFlag", "7", "0, 1, 2", good["PenDecNo"])
        assert (one.owner_unit, one.due_at, one.times, one.state) == ("310000", AT + 5 * DAY, 2, desk.OPEN)
        assert "PubFlag" in one.basis
        assert one.row["PartyName"] == good["PartyName"]
        notices = _notices(session)
        assert len(notices) == 2
        assert {notice.owner for notice in notices} == {"310000"}
        assert all(notice.due_at == AT + 5 * DAY and "/quality/findings?" in notice.link for notice in notices)
    with database.write() as session:
        run = _take(session, good | {"PubFlag": "7"}, at=AT + timedelta(minutes=1))
        assert (run.rows, run.opened, run.fixed) == (3, 2, 1)
        assert _all(session)["DQ-PEN-09"].closed_by == desk.SYSTEM
        assert [notice.done_at is None for notice in _notices(session)] == [False, True]


def test_a_fault_that_comes_back_opens_again(database: Database) -> None:
    """With a deadline of its own and a notice of its day."""
    good = row_of(DICE(1), 1)
    with database.write() as session:
        _take(session, good | {"PenAuth": ""})
        _take(session, good)
        _take(session, good | {"PenAuth": ""}, at=AT + DAY)
        row = _all(session)["DQ-PEN-09"]
        assert (row.state, row.due_at, row.closed_by) == (desk.OPEN, AT + 6 * DAY, "")
        assert len(_notices(session)) == 2


def test_what_was_accepted_stays_until_the_value_changes(database: Database) -> None:
    """An officer's word holds for the value he saw."""
    good = row_of(DICE(1), 1)
    with database.write() as session:
        _take(session, good | {"PubFlag": "7"})
        desk.decide(session, _all(session)["DQ-PEN-17"], desk.ACCEPTED, reason="历史代码", actor="li", at=AT)
        _take(session, good | {"PubFlag": "7"})
        assert _all(session)["DQ-PEN-17"].state == desk.ACCEPTED
        _take(session, good | {"PubFlag": "8"})
        assert _all(session)["DQ-PEN-17"].state == desk.OPEN


def test_a_file_that_is_run_again_takes_the_place_of_its_run(database: Database) -> None:
    """Figures are not doubled; rows without a name are those of this file."""
    rows = [row_of(DICE(2), number) | {"PenDecNo": None} for number in range(3)]
    with database.write() as session:
        for _ in range(2):
            run = record(session, examine(rule_set("penalty"), rows, at=AT), Origin(FILE, "a.csv", "310115"), at=AT)
        assert (run.rows, run.findings, run.opened) == (3, 3, 0)
        found = list(session.execute(select(QualityFinding)).scalars())
        assert {row.row_key for row in found} == {"a.csv#1", "a.csv#2", "a.csv#3"}
        assert {row.owner_unit for row in found} == {"310115"}


def test_drift_against_the_day_before(database: Database) -> None:
    """A code that is suddenly empty in a fifth of the rows."""
    rows = [row_of(DICE(3), number) for number in range(200)]
    with database.write() as session:
        first = record(session, examine(rule_set("penalty"), rows, at=AT), Origin(FILE, "a.csv"), at=AT)
        assert drift_since(session, first) == ()
        for row in rows[:40]:
            row |= {"UniSCID": "", "PartyType": "自然人"}
        at = AT + DAY
        second = record(session, examine(rule_set("penalty"), rows, at=at), Origin(FILE, "b.csv"), at=at)
        moved = {(one.field, one.kind) for one in drift_since(session, second)}
        assert moved == {("UniSCID", "empty"), ("PartyType", "new-word")}
        assert len(second.drift) == 2
