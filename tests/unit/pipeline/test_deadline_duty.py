"""The duty of deadlines: a year that is entered later moves what was counted without it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from exchange import telling, transfer
from exchange.matter_content import CASE
from exchange.telling import Address, tell
from exchange.transfer import Request
from kernel import working_days
from kernel.clock import iso
from kernel.config import Settings
from kernel.models import AuditEntry, CaseFile, Message, Transfer
from kernel.working_days import read_table
from pipeline import deadline_duty
from tests.e2e.seeded_market import seed
from tests.servers.empty_records import open_records
from tests.servers.matters import confirm, decide, open_case

FILED, ASKED = datetime(2026, 10, 5, 4, tzinfo=UTC), datetime(2026, 12, 28, 4, tzinfo=UTC)
NEXT_YEAR = """
years:
  2027:
    source: an invented notice
    confidence: S
    holidays: [[2027-01-01, 2027-01-05]]
    worked: []
"""


def test_a_year_that_is_entered_later_moves_open_deadlines_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a case that is not decided and of a request without an answer; each with an audit line, once; told on."""
    database, config = open_records(tmp_path / "duty.db"), Settings(data_dir=tmp_path)
    with database.write() as session:
        hit = confirm(session, seed(session, listings_a_shop=3))
        waiting = open_case(session, hit, FILED, "沪市监浦案〔2026〕1号").id
        over = open_case(session, hit, FILED, "沪市监浦案〔2026〕2号")
        decide(session, over, FILED)
        done = over.id
        up = Address("000000", telling.SUPERIOR, "上报上一级")
        tell(session, CASE, waiting, up, reason="重大", actor="investigator", at=FILED)
        for matter in ("case:1", "case:2"):
            transfer.ask(session, Request("TRANSFER", matter, "330106", "属地", {}), actor="li", at=ASKED)
        session.execute(select(Transfer).where(Transfer.matter == "case:2")).scalar_one().state = "accepted"
    deadline_duty.turn(config, database, ASKED)
    with database.read() as session:
        assert session.get_one(CaseFile, waiting).due_on == date(2027, 1, 4)
        assert session.query(AuditEntry).where(AuditEntry.actor == "system:deadlines").count() == 0
    table = {**working_days.table(), **read_table(NEXT_YEAR)}
    monkeypatch.setattr(working_days, "table", lambda: table)
    for _ in range(2):
        deadline_duty.turn(config, database, ASKED)
    with database.read() as session:
        assert session.get_one(CaseFile, waiting).due_on == date(2027, 1, 6)
        assert session.get_one(CaseFile, done).due_on == date(2027, 1, 4), "it was decided by then"
        rows = session.execute(select(Transfer).order_by(Transfer.matter)).scalars().all()
        assert [working_days.day_of(row.due_at) for row in rows if row.due_at] == [date(2027, 1, 11), date(2027, 1, 6)]
        assert transfer.guessed_years(rows[0]) == ()
        lines = session.execute(select(AuditEntry).where(AuditEntry.actor == "system:deadlines")).scalars().all()
        assert [(line.action, line.detail.get("was")) for line in lines] == [
            ("case.recount", "2027-01-04"),
            ("matter.told", None),
            ("transfer.recounted", iso(datetime(2027, 1, 6, 15, 59, 59, tzinfo=UTC))),
        ]
        told = session.execute(select(Message).where(Message.type == CASE).order_by(Message.id)).scalars().all()
        assert [message.draft["payload"]["due_on"] for message in told] == ["2027-01-04", "2027-01-06"]
    database.close()
