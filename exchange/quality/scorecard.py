"""Score cards: how each unit does with what it answers for, and how clean each data set comes (分责管理)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from exchange.quality.desk import ACCEPTED, FIXED, OPEN
from kernel.clock import CHINA
from kernel.models import QualityFinding, QualityRun

WINDOW = timedelta(days=30)
SOON = timedelta(days=2)
"""A yellow card from so long before the deadline on; a red one after it."""


@dataclass(frozen=True, slots=True)
class UnitCard:
    """One unit over the last thirty days.

    Attributes:
        open: not closed. soon, overdue: of them, due within two days, past the deadline. in_time, late: put right
            before and after the deadline. accepted: allowed to stay, with a reason.
    """

    unit: str
    open: int
    soon: int
    overdue: int
    in_time: int
    late: int
    accepted: int

    @property
    def card(self) -> str:
        """``red`` with anything overdue, ``yellow`` with anything due soon, else ``green``."""
        return "red" if self.overdue else "yellow" if self.soon else "green"

    @property
    def score(self) -> int | None:
        """Of all whose deadline came or that were put right: how many in time, in hundredths; none without any."""
        counted = self.in_time + self.late + self.overdue
        return round(100 * self.in_time / counted) if counted else None


@dataclass(frozen=True, slots=True)
class DataSetCard:
    """One data set over the last thirty days: rows that were checked, and those without a fault."""

    data_set: str
    runs: int
    rows: int
    bad_rows: int
    open: int

    @property
    def clean(self) -> float | None:
        """Share of rows without a fault in hundredths; none without rows."""
        return 100 * (self.rows - self.bad_rows) / self.rows if self.rows else None


def by_unit(session: Session, *, at: datetime) -> tuple[UnitCard, ...]:
    """Every unit that answers for anything, the worst first."""
    finding = QualityFinding
    is_open, recent = finding.state == OPEN, finding.closed_at >= at - WINDOW

    def number(*conditions: object) -> object:
        whole = conditions[0]
        for one in conditions[1:]:
            whole = whole & one  # type: ignore[operator]
        return func.sum(case((whole, 1), else_=0))  # type: ignore[arg-type]

    query = select(
        finding.owner_unit,
        number(is_open),
        number(is_open, finding.due_at >= at, finding.due_at < at + SOON),
        number(is_open, finding.due_at < at),
        number(finding.state == FIXED, recent, finding.closed_at <= finding.due_at),
        number(finding.state == FIXED, recent, finding.closed_at > finding.due_at),
        number(finding.state == ACCEPTED, recent),
    ).group_by(finding.owner_unit)  # type: ignore[call-overload]
    cards = [UnitCard(unit, *(int(count) for count in counts)) for unit, *counts in session.execute(query)]
    return tuple(sorted(cards, key=lambda card: (-card.overdue, -card.open, card.unit)))


def by_data_set(session: Session, names: Sequence[str], *, at: datetime) -> tuple[DataSetCard, ...]:
    """Every data set that has rules."""
    since = (at - WINDOW).astimezone(CHINA).date()
    runs = select(
        QualityRun.data_set, func.count(), func.sum(QualityRun.rows), func.sum(QualityRun.bad_rows)
    ).where(QualityRun.day >= since).group_by(QualityRun.data_set)  # fmt: skip
    done = {name: (int(count), int(rows), int(bad)) for name, count, rows, bad in session.execute(runs)}
    waiting = select(QualityFinding.data_set, func.count()).where(QualityFinding.state == OPEN)
    still = {name: int(count) for name, count in session.execute(waiting.group_by(QualityFinding.data_set))}
    return tuple(DataSetCard(name, *done.get(name, (0, 0, 0)), still.get(name, 0)) for name in names)
