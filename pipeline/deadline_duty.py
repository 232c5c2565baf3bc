"""The standing duty of deadlines: a year's holidays that were entered later move the last days counted without them.

The table is read when the process starts, so the first turn finds what a new table changes; who was told of a case is
told of its new last day.
"""

from datetime import datetime

from exchange import telling, transfer
from exchange.matter_content import CASE
from kernel.config import Settings
from kernel.db import Database
from supervision import case_file

ACTOR = "system:deadlines"


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One turn. Effects: tables ``case_file``, ``transfer``, ``told_matter``, ``message``, ``audit``."""
    del config
    with database.read() as session:
        if not case_file.miscounted(session) and not transfer.miscounted(session):
            return
    with database.write() as session:
        for number in case_file.recount(session, actor=ACTOR, at=at):
            telling.follow(session, CASE, number, actor=ACTOR, at=at)
        transfer.recount(session, actor=ACTOR, at=at)
