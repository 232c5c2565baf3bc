"""The standing duty of what was told to others: evidence sealed later is told to whoever knows of its lead or case."""

from datetime import datetime

from exchange import report_up
from kernel.config import Settings
from kernel.db import Database


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One turn. Effects: tables ``told_matter``, ``message``, ``audit``."""
    del config
    with database.read() as session:
        if not report_up.is_behind(session):
            return
    with database.write() as session:
        report_up.catch_up(session, at=at)
