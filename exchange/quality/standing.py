"""What quality needs although nobody asks: rules over messages that came, and every night over all that lies here.

Each step is one transaction and finds by itself what is left to do, so that a turn may end anywhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.quality import desk, sources, stored
from exchange.quality.engine import Row
from exchange.quality.intake import MESSAGES, SOURCES, STORED, Origin, drift_since, examine, record
from exchange.quality.rule_set import rule_set
from kernel import audit
from kernel.clock import CHINA
from kernel.db import Database
from kernel.models import QualityRun

NIGHT = range(1, 24)
"""Hours (China) in which the nightly run may begin; a data set that was never looked at does not wait for them."""
MESSAGES_AT_ONCE = 200
_ROWS: dict[str, tuple[str, Callable[[Session], Iterator[Row]]]] = {
    **{name: (STORED, rows) for name, rows in stored.STORED.items()},
    sources.DATA_SET: (SOURCES, sources.rows),
}


def read_messages(database: Database, *, at: datetime) -> int:
    """Run the rules over the content of messages that came since the last time; how many there were.

    Effects: tables ``quality_run``, ``quality_finding``, ``notice``.
    """
    done = 0
    for kind, data_set in stored.DATA_SET_OF_TYPE.items():
        while True:
            with database.write() as session:
                count = _read_some(session, kind, data_set, at)
            done += count
            if count < MESSAGES_AT_ONCE:
                break
    return done


def _read_some(session: Session, kind: str, data_set: str, at: datetime) -> int:
    upto = select(func.max(QualityRun.upto)).where(QualityRun.data_set == data_set, QualityRun.kind == MESSAGES)
    after = session.execute(upto).scalar_one() or 0
    by_sender: dict[str, list[Row]] = defaultdict(list)
    count, last = 0, after
    for number, sender, rows in stored.messages(session, kind, after, MESSAGES_AT_ONCE):
        by_sender[sender] += rows
        count, last = count + 1, number
    for sender, rows in sorted(by_sender.items()):
        origin = Origin(MESSAGES, kind, sender, adds=True, upto=last)
        record(session, examine(rule_set(data_set), rows, at=at), origin, at=at)
    return count


def due(session: Session, *, at: datetime) -> tuple[str, ...]:
    """Data sets that were not looked at today (China), in the hours of the night run or for the first time."""
    here = at.astimezone(CHINA)
    found = []
    for data_set, (kind, _) in _ROWS.items():
        query = select(func.max(QualityRun.day)).where(QualityRun.data_set == data_set, QualityRun.kind == kind)
        last: date | None = session.execute(query).scalar_one()
        if last is None or (last < here.date() and here.hour in NIGHT):
            found.append(data_set)
    return tuple(found)


def night(database: Database, *, at: datetime) -> tuple[str, ...]:
    """Look at every data set that is due, tell what moved, and tell the units above of what is overdue.

    Returns:
        the data sets that were looked at.

    Effects: tables ``quality_run``, ``quality_finding``, ``notice``, ``audit``.
    """
    with database.read() as session:
        waiting = due(session, at=at)
    for data_set in waiting:
        look(database, data_set, at=at)
    if waiting:
        with database.write() as session:
            desk.escalate(session, at=at)
    return waiting


def look(database: Database, data_set: str, *, at: datetime) -> None:
    """Look at all stored rows of one data set now. Effects: as :func:`night`."""
    kind, rows = _ROWS[data_set]
    with database.read() as session:
        found = examine(rule_set(data_set), rows(session), at=at)
    with database.write() as session:
        run = record(session, found, Origin(kind, "night"), at=at)
        moved = drift_since(session, run)
        detail = {"rows": run.rows, "findings": run.findings, "opened": run.opened, "fixed": run.fixed,
                  "drift": len(moved)}  # fmt: skip
        audit.append(session, actor=desk.SYSTEM, action="quality.night", at=at, object_type="quality_run",
                     object_id=run.id, detail=detail)  # fmt: skip
