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
        assert not fault.put(session, "penalty", BAD, source="pull", at=AT)
        assert fault.versions_of(session, "penalty") == {"k1": 2}
        assert fault.close(session, "penalty", {}, at=AT) == 0
        assert fault.close(session, "penalty", {"k1": 1}, at=AT) == 0
        assert fault.close(session, "credit", {"k1": 3}, at=AT) == 0
        assert fault.close(session, "penalty", {"k1": 2}, at=AT) == 1
        assert fault.versions_of(session, "penalty") == {}
        row = session.execute(select(LinkedFault)).scalar_one()
        assert (row.times, row.state, row.problems[0]["field"]) == (2, "done", "PenAm")


def test_an_officer_may_dismiss(database: Database) -> None:
    """With a reason, in the audit trail."""
    with database.write() as session:
        fault.put(session, "penalty", BAD, source="pull", at=AT)
        row = session.execute(select(LinkedFault)).scalar_one()
        fault.dismiss(session, row, actor="li", reason="对方已更正", at=AT)
        assert row.state == "dismissed"
        assert session.execute(select(AuditEntry)).scalar_one().detail["reason"] == "对方已更正"
