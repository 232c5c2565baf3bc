"""Findings as work: decided with a reason, handed over, told upwards when late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality import desk
from exchange.quality.errors import QualityDecisionError
from exchange.quality.intake import intake
from exchange.quality.scorecard import by_data_set, by_unit
from kernel.db import Database
from kernel.models import AuditEntry, Notice, QualityFinding
from tests.unit.exchange.quality.planting import DICE, row_of

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def _open(session: Session, unit: str = "310115", number: int = 1) -> QualityFinding:
    row = row_of(DICE(number), number) | {"PenAuth": ""}
    intake(session, "penalty", [row], source="pull", unit=unit, at=AT)
    query = select(QualityFinding).where(QualityFinding.row_key == row["PenDecNo"])
    return session.execute(query).scalar_one()


def test_a_decision_needs_a_reason_and_is_in_the_trail(database: Database) -> None:
    """And ends the notice; a closed finding is not decided twice."""
    with database.write() as session:
        row = _open(session)
        for decision, reason in (("fixed", " "), ("gone", "x"), ("fixed", "x" * 1001)):
            with pytest.raises(QualityDecisionError):
                desk.decide(session, row, decision, reason=reason, actor="li", at=AT)
        desk.decide(session, row, desk.FIXED, reason=" 已更正 ", actor="li", at=AT)
        assert (row.state, row.closed_by, row.decision) == ("fixed", "li", "已更正")
        assert session.execute(select(AuditEntry.action)).scalars().all() == ["quality.fixed"]
        assert session.execute(select(Notice)).scalar_one().done_at == AT
        with pytest.raises(QualityDecisionError):
            desk.decide(session, row, desk.FIXED, reason="x", actor="li", at=AT)


def test_handing_over_tells_the_other_unit(database: Database) -> None:
    """The deadline stays."""
    with database.write() as session:
        row = _open(session)
        due = row.due_at
        desk.hand_over(session, row, "310104", reason="属地", actor="li", at=AT)
        assert (row.owner_unit, row.due_at) == ("310104", due)
        assert session.execute(select(Notice.owner).order_by(Notice.id)).scalars().all() == ["310115", "310104"]
        with pytest.raises(QualityDecisionError):
            desk.hand_over(session, row, "310104", reason="x", actor="li", at=AT)


def test_what_is_late_is_told_upwards_once(database: Database) -> None:
    """A red card for the unit above."""
    with database.write() as session:
        _open(session)
        assert desk.escalate(session, at=AT + 4 * DAY) == 0
        assert desk.escalate(session, at=AT + 6 * DAY) == 1
        assert desk.escalate(session, at=AT + 7 * DAY) == 1
        red = [row for row in session.execute(select(Notice)).scalars() if row.key.startswith("quality-red:")]
        assert [row.owner for row in red] == ["310000"]


def test_score_cards(database: Database) -> None:
    """Open, soon, late and in time by unit; clean rows by data set."""
    with database.write() as session:
        late, done, slow = (_open(session, number=number) for number in (1, 2, 3))
        _open(session, "310104", 4)
        desk.decide(session, done, desk.FIXED, reason="x", actor="li", at=AT + DAY)
        desk.decide(session, slow, desk.FIXED, reason="x", actor="li", at=AT + 6 * DAY)
        late.due_at = AT + 7 * DAY
        session.flush()
        first, second = by_unit(session, at=AT + 6 * DAY)
        assert (first.unit, first.overdue, first.card, first.score) == ("310104", 1, "red", 0)
        assert (second.unit, second.open, second.soon, second.in_time, second.late) == ("310115", 1, 1, 1, 1)
        assert (second.card, second.score) == ("yellow", 50)
        penalty, other = by_data_set(session, ("penalty", "lead"), at=AT + 6 * DAY)
        assert (penalty.rows, penalty.bad_rows, penalty.open, penalty.clean) == (4, 4, 2, 0.0)
        assert (other.rows, other.clean) == (0, None)
