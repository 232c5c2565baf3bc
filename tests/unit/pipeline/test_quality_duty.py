"""The duty does what is due and nothing twice."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from kernel.config import Settings
from kernel.db import Database
from kernel.models import QualityRun
from pipeline.duties import DUTIES
from pipeline.quality_duty import turn

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def test_a_turn(database: Database) -> None:
    """The first one looks at all data sets, the next at none; it is on the list of duties."""
    for _ in range(2):
        turn(Settings(), database, AT)
        with database.read() as session:
            assert session.execute(select(func.count()).select_from(QualityRun)).scalar_one() == 3
    assert "pipeline.quality_duty" in {duty.module for duty in DUTIES}
