"""Data quality for pages: score cards, findings, runs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from exchange.quality.desk import ACCEPTED, FIXED, OPEN
from exchange.quality.rule_set import data_sets
from exchange.quality.scorecard import SOON, WINDOW, DataSetCard, UnitCard, by_data_set, by_unit
from kernel.models import QualityFinding, QualityOwner, QualityRun

RECENT_RUNS = 10


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What to list; empty means any.

    Attributes:
        state: ``open``, ``soon``, ``overdue``, ``in-time`` and ``late`` (put right in the last thirty days),
            ``fixed``, ``accepted`` or ``accepted-lately``.
    """

    data_set: str = ""
    rule_id: str = ""
    field: str = ""
    unit: str = ""
    severity: str = ""
    state: str = OPEN
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The first page of data quality."""

    units: tuple[UnitCard, ...]
    data_sets: tuple[DataSetCard, ...]
    runs: tuple[QualityRun, ...]
    open: int
    soon: int
    overdue: int


def _states(at: datetime) -> dict[str, ColumnElement[bool]]:
    """The condition of each word for a state."""
    row = QualityFinding
    lately = row.closed_at >= at - WINDOW
    return {
        "open": row.state == OPEN,
        "soon": and_(row.state == OPEN, row.due_at >= at, row.due_at < at + SOON),
        "overdue": and_(row.state == OPEN, row.due_at < at),
        "in-time": and_(row.state == FIXED, lately, row.closed_at <= row.due_at),
        "late": and_(row.state == FIXED, lately, row.closed_at > row.due_at),
        "fixed": row.state == FIXED,
        "accepted": row.state == ACCEPTED,
        "accepted-lately": and_(row.state == ACCEPTED, lately),
    }


def board(session: Session, scope: Scope, *, at: datetime) -> Board:
    """Score cards of units and data sets, and the newest runs."""
    if not scope.may(Permission.QUALITY_READ):
        return Board((), (), (), 0, 0, 0)
    states = _states(at)

    def number(state: str) -> int:
        query = select(func.count()).select_from(QualityFinding).where(states[state])
        return int(session.execute(query).scalar_one())

    newest = select(QualityRun).order_by(QualityRun.at.desc(), QualityRun.id.desc()).limit(RECENT_RUNS)
    return Board(
        units=by_unit(session, at=at),
        data_sets=by_data_set(session, data_sets(), at=at),
        runs=tuple(session.execute(newest).scalars()),
        open=number("open"),
        soon=number("soon"),
        overdue=number("overdue"),
    )


def list_findings(
    session: Session, scope: Scope, wanted: FindingFilter, *, at: datetime, before: int | None = None
) -> Slice[QualityFinding]:
    """Findings, newest first."""
    query = select(QualityFinding).where(allowed(scope, Permission.QUALITY_READ))
    query = narrowed(
        query,
        (QualityFinding.data_set, wanted.data_set),
        (QualityFinding.rule_id, wanted.rule_id),
        (QualityFinding.field, wanted.field),
        (QualityFinding.owner_unit, wanted.unit),
        (QualityFinding.severity, wanted.severity),
    )
    if wanted.run_id is not None:
        query = query.where(QualityFinding.run_id == wanted.run_id)
    condition = _states(at).get(wanted.state)
    query = query.where(condition) if condition is not None else query
    rows, total, following = cut(session, query, QualityFinding.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, following)


def finding_facets(session: Session, scope: Scope, *, at: datetime) -> dict[str, dict[str, int]]:
    """How many open ones there are by data set, severity and unit."""
    seen = and_(allowed(scope, Permission.QUALITY_READ), _states(at)["open"])
    return {
        "data_set": counts(session, QualityFinding.data_set, seen),
        "severity": counts(session, QualityFinding.severity, seen),
        "unit": counts(session, QualityFinding.owner_unit, seen),
    }


def find_finding(session: Session, scope: Scope, finding_id: int) -> QualityFinding:
    """One finding.

    Raises:
        NotFoundError: no such finding, or not this reader's.
    """
    query = select(QualityFinding).where(QualityFinding.id == finding_id, allowed(scope, Permission.QUALITY_READ))
    return require(session.execute(query).scalar_one_or_none(), "a finding of data quality", "列表")


def list_runs(
    session: Session, scope: Scope, data_set: str = "", *, before: int | None = None
) -> Slice[QualityRun]:  # fmt: skip
    """Runs, newest first."""
    query = select(QualityRun).where(allowed(scope, Permission.QUALITY_READ))
    query = query.where(QualityRun.data_set == data_set) if data_set else query
    rows, total, following = cut(session, query, QualityRun.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, following)


def find_run(session: Session, scope: Scope, run_id: int) -> QualityRun:
    """One run.

    Raises:
        NotFoundError: no such run, or not this reader's.
    """
    query = select(QualityRun).where(QualityRun.id == run_id, allowed(scope, Permission.QUALITY_READ))
    return require(session.execute(query).scalar_one_or_none(), "a run of data quality", "列表")


def owners(session: Session, scope: Scope) -> tuple[QualityOwner, ...]:
    """Who was entered as answering for which field."""
    query = select(QualityOwner).where(allowed(scope, Permission.QUALITY_READ))
    return tuple(session.execute(query.order_by(QualityOwner.data_set, QualityOwner.field)).scalars())
