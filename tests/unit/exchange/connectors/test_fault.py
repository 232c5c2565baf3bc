from datetime import UTC, datetime

from sqlalchemy import select

from exchange.connectors import fault
from exchange.connectors.row import Problem, Quarantined
from kernel.db import Database
from kernel.models import AuditEntry, LinkedFault

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
BAD = Quarantined("k1", 2, {"PenAm": "三千"}, (Problem("PenAm", "form", "三千"),))


def test_the_same_row_is_kept_once(database: Database) -> None:
    """And counted; it is closed when a version as high is understood."""
    with database.write() as session:
        assert fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert fault.seen_seldom(session, "penalty") == {"k1"}
        assert not fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert fault.versions_of(session, "penalty") == {"k1": 2}
        for _ in range(fault.SEEN_OFTEN):
            fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert fault.seen_seldom(session, "penalty") == set()
        assert fault.close(session, "penalty", {}, at=AT) == 0
        assert fault.close(session, "penalty", {"k1": 1}, at=AT) == 0
        assert fault.close(session, "credit", {"k1": 3}, at=AT) == 0
        assert fault.close(session, "penalty", {"k1": 2}, at=AT) == 1
        assert fault.versions_of(session, "penalty") == {}
        row = session.execute(select(LinkedFault)).scalar_one()
        assert (row.times, row.state, row.problems[0]["field"]) == (6, "done", "PenAm")


def test_an_officer_may_dismiss(database: Database) -> None:
    """With a reason, in the audit trail."""
    with database.write() as session:
        fault.put(session, "penalty", BAD, source="pull", at=AT)
        row = session.execute(select(LinkedFault)).scalar_one()
        fault.dismiss(session, row, actor="li", reason="对方已更正", at=AT)
        assert row.state == "dismissed"
        assert session.execute(select(AuditEntry)).scalar_one().detail["reason"] == "对方已更正"


def test_asking_again_and_coming_back(database: Database) -> None:
    """An officer asks for the record; the same row again is open again, a dismissed one stays dismissed."""
    with database.write() as session:
        fault.put(session, "penalty", BAD, source="pull", at=AT)
        row = session.execute(select(LinkedFault)).scalar_one()
        assert fault.try_again(session, row, actor="li", at=AT)
        assert fault.asked_again(session, "penalty", 5) == ["k1"]
        fault.put(session, "penalty", BAD, source="key-set", at=AT)
        assert row.state == "open"
        fault.close(session, "penalty", {"k1": 2}, at=AT)
        assert not fault.try_again(session, row, actor="li", at=AT)
        fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert (row.state, row.closed_at) == ("open", None)
        fault.dismiss(session, row, actor="li", reason="x", at=AT)
        fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert row.state == "dismissed"
