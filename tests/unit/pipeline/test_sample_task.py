"""The sample market's standing task."""

from datetime import UTC, datetime, timedelta

from evidence import mandate
from kernel.db import Database
from pipeline.sample_task import NUMBER, ensure_sample_task

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def test_made_once_and_honest(database: Database) -> None:
    """One row that says it is the sample's, and that gives way to a task entered later."""
    for hours in (0, 1):
        with database.write() as session:
            ensure_sample_task(session, at=AT + timedelta(hours=hours))
    with database.write() as session:
        (row,) = mandate.listed(session)
        assert (row.number, row.kind) == (NUMBER, "task")
        assert "not a real authorisation" in row.basis
        real = mandate.add(
            session, kind="task", number="任务1", basis="第四十一条", issued_by="局",
            valid_from=AT - timedelta(days=300),
            valid_to=AT + timedelta(days=60), actor="admin", at=AT,
        )  # fmt: skip
        assert mandate.of_task(session, AT) is real
