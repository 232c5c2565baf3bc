"""Rules over what comes in: rows are checked, findings opened, closed and pushed, and the run written down."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality import desk
from exchange.quality.engine import Finding, Row, check_rows, kept, key_of
from exchange.quality.ownership import Owners
from exchange.quality.profile import Drift, Profile, drift
from exchange.quality.rule_set import RuleSet, rule_set
from kernel.clock import CHINA
from kernel.models import QualityFinding, QualityRun

INTAKE, MESSAGES, FILE, STORED, SOURCES = "intake", "messages", "file", "stored", "sources"
MAX_KEPT = 50_000
"""So many findings of one run are kept one by one; what is beyond is counted by rule."""
MAX_SHOWN = 200


@dataclass(slots=True)
class Examined:
    """What was found in some rows; nothing is written yet.

    Attributes:
        findings: those kept one by one. counts: all of them by rule. seen: keys of the rows.
    """

    rules: RuleSet
    rows: int = 0
    bad_rows: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from.

    Attributes:
        kind: of the run. source: a way in, or the name of a file. unit: organisation code of whoever handed them in,
            or empty. adds: parts of one day are one run; else a new run takes the place of the day's.
        upto: number of the last message among them.
    """

    kind: str
    source: str = ""
    unit: str = ""
    adds: bool = False
    upto: int = 0


def examine(rules: RuleSet, rows: Iterable[Row], *, at: datetime) -> Examined:
    """Run the rules; reads each row once, writes nothing."""
    found = Examined(rules)
    profile = Profile(rules)
    last = 0
    for finding in check_rows(rules, profile.passing(_counted(found, rows)), at=at):
        found.counts[finding.rule.id] += 1
        found.bad_rows += finding.number != last
        last = finding.number
        if len(found.findings) < MAX_KEPT:
            found.findings.append(finding)
    found.profile = profile.as_json()
    return found


def _counted(found: Examined, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        found.rows += 1
        found.seen.add(key_of(found.rules, row, found.rows))
        yield row


def intake(session: Session, data_set: str, rows: Iterable[Row], *, source: str, unit: str, at: datetime) -> QualityRun:
    """Check rows of a linked system as they came, in the transaction that takes them.

    Args:
        session: a write session. rows: fields by name, only those that may be kept. source: way in.
        unit: organisation code of whoever handed them in, or empty. at: aware UTC.

    Returns:
        the run of the day, with these rows in it.

    Raises:
        DataSetUnknownError: there are no rules for this data set.

    Effects: tables ``quality_run``, ``quality_finding``, ``notice``.
    """
    return record(session, examine(rule_set(data_set), rows, at=at), Origin(INTAKE, source, unit, adds=True), at=at)


def record(session: Session, found: Examined, origin: Origin, *, at: datetime) -> QualityRun:
    """Write down what was found; doing it again opens and closes nothing twice.

    Effects: tables ``quality_run``, ``quality_finding``, ``notice``.
    """
    run = _run(session, found.rules, origin, at)
    before = desk.known(session, found.rules.data_set, {_named(key, origin) for key in found.seen})
    owners = Owners(session, found.rules, unit=origin.unit)
    fresh: list[QualityFinding] = []
    still: set[tuple[str, str]] = set()
    for finding in found.findings:
        key = _named(finding.key, origin)
        if (finding.rule.id, key) in still:
            continue
        still.add((finding.rule.id, key))
        row = before.get((finding.rule.id, key))
        if row is None:
            row = _opened(finding, found.rules, key, run, at)
            session.add(row)
            _own(row, owners, finding, at)
            fresh.append(row)
        elif _again(row, finding, found.rules, run, at):
            _own(row, owners, finding, at)
            fresh.append(row)
    right = [row for key, row in before.items() if key not in still and row.state == desk.OPEN]
    # Beyond what is kept one by one nobody can say that a row came right.
    closed = desk.fix(right, at=at) if len(found.findings) < MAX_KEPT else 0
    _add(run, found, opened=len(fresh), closed=closed)
    run.upto = max(run.upto, origin.upto)
    session.flush()
    desk.push(session, fresh, at=at)
    desk.settle(session, right, at=at)
    return run


def _named(key: str, origin: Origin) -> str:
    """A row without a name of its own is named by its place in its source."""
    return f"{origin.source[:100]}{key}" if key.startswith("#") else key


def _run(session: Session, rules: RuleSet, origin: Origin, at: datetime) -> QualityRun:
    day = at.astimezone(CHINA).date()
    query = select(QualityRun).where(
        QualityRun.data_set == rules.data_set, QualityRun.kind == origin.kind, QualityRun.day == day,
        QualityRun.source == origin.source[:100], QualityRun.unit == origin.unit,
    )  # fmt: skip
    run = session.execute(query).scalar_one_or_none()
    if run is None or not origin.adds:
        if run is None:
            run = QualityRun(data_set=rules.data_set, kind=origin.kind, source=origin.source[:100], unit=origin.unit)
            session.add(run)
        run.day, run.rows, run.bad_rows, run.findings, run.beyond = day, 0, 0, 0, 0
        run.opened, run.fixed, run.counts, run.profile, run.drift, run.upto = 0, 0, {}, {}, [], 0
    run.at = at
    session.flush()
    return run


def _opened(finding: Finding, rules: RuleSet, key: str, run: QualityRun, at: datetime) -> QualityFinding:
    rule = finding.rule
    return QualityFinding(
        run_id=run.id,
        data_set=run.data_set,
        rule_id=rule.id,
        field=rule.field,
        row_key=key,
        row_number=finding.number,
        severity=rule.severity,
        got=finding.got,
        expected=finding.expected,
        basis=f"{rule.basis} [{rule.tag}]",
        row=kept(rules, finding.row),
        source=run.source,
        state=desk.OPEN,
        times=1,
        first_at=at,
        last_at=at,
        closed_by="",
        decision="",
    )


def _again(row: QualityFinding, finding: Finding, rules: RuleSet, run: QualityRun, at: datetime) -> bool:
    """The finding was known; True when it has to be pushed anew."""
    same = row.got == finding.got
    opens = row.state == desk.FIXED or (row.state == desk.ACCEPTED and not same)
    row.times += 1
    row.last_at, row.run_id, row.got = at, run.id, finding.got
    row.row, row.row_number = kept(rules, finding.row), finding.number
    if opens:
        row.state, row.closed_at, row.closed_by, row.decision = desk.OPEN, None, "", ""
    return opens


def _own(row: QualityFinding, owners: Owners, finding: Finding, at: datetime) -> None:
    owner = owners.of(finding, at)
    row.owner_unit, row.due_at = owner.unit, owner.due_at


def _add(run: QualityRun, found: Examined, *, opened: int, closed: int) -> None:
    run.rows += found.rows
    run.bad_rows += found.bad_rows
    run.findings += sum(found.counts.values())
    run.beyond += sum(found.counts.values()) - len(found.findings)
    run.opened += opened
    run.fixed += closed
    run.counts = dict(Counter(run.counts) + found.counts)
    run.profile = dict(found.profile)


def drift_since(session: Session, run: QualityRun) -> tuple[Drift, ...]:
    """What moved since the run of the same kind and source before, written down with the run.

    Effects: table ``quality_run``.
    """
    query = (
        select(QualityRun)
        .where(
            QualityRun.data_set == run.data_set, QualityRun.kind == run.kind, QualityRun.unit == run.unit,
            QualityRun.day < run.day,
        )
        .order_by(QualityRun.day.desc(), QualityRun.id.desc())
        .limit(1)
    )  # fmt: skip
    before = session.execute(query).scalar_one_or_none()
    moved = drift(before.profile, run.profile) if before is not None else ()
    run.drift = [one.as_json() for one in moved]
    return moved
