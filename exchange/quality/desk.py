"""Findings as work: opened once, pushed to who answers for them, closed when put right or decided.

The same row breaking the same rule again is the same finding. What came right is closed by itself; what an officer
accepted stays so until the value changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange import notice
from exchange.organisation import parent
from exchange.quality.errors import QualityDecisionError
from exchange.quality.rule_set import rule_set
from kernel import audit
from kernel.batch import batched
from kernel.clock import CHINA
from kernel.models import Notice, QualityFinding

OPEN, FIXED, ACCEPTED = "open", "fixed", "accepted"
SYSTEM = "system:quality"
AT_ONCE = 400
MAX_REASON = 1_000
KIND = "quality"


def known(session: Session, data_set: str, keys: Iterable[str]) -> dict[tuple[str, str], QualityFinding]:
    """What was found of some rows before, by rule and key."""
    wanted = sorted(set(keys))
    found: dict[tuple[str, str], QualityFinding] = {}
    for part in batched(wanted, AT_ONCE):
        query = select(QualityFinding).where(QualityFinding.data_set == data_set, QualityFinding.row_key.in_(part))
        found |= {(row.rule_id, row.row_key): row for row in session.execute(query).scalars()}
    return found


def fix(rows: Iterable[QualityFinding], *, at: datetime) -> int:
    """The rows came again without the fault; how many findings that closed. Effects: table ``quality_finding``."""
    closed = 0
    for row in rows:
        if row.state == OPEN:
            row.state, row.closed_at, row.closed_by = FIXED, at, SYSTEM
            closed += 1
    return closed


def decide(session: Session, row: QualityFinding, decision: str, *, reason: str, actor: str, at: datetime) -> None:
    """An officer closes a finding: it is put right (``fixed``), or may stay as it is (``accepted``).

    Raises:
        QualityDecisionError: it is closed, the word is another one, or the reason lacks.

    Effects: tables ``quality_finding``, ``notice``, ``audit``.
    """
    words = reason.strip()
    if row.state != OPEN or decision not in {FIXED, ACCEPTED} or not 0 < len(words) <= MAX_REASON:
        raise QualityDecisionError(
            f"expected an open finding, {FIXED} or {ACCEPTED}, and a reason; got {row.state}, {decision[:20]!r}",
            hint="写明理由；已关闭的问题刷新后再看 Give a reason; reload to see what became of it.",
        )
    row.state, row.closed_at, row.closed_by, row.decision = decision, at, actor, words
    session.flush()
    detail = {"rule": row.rule_id, "row": row.row_key, "decision": decision, "reason": words}
    audit.append(session, actor=actor, action=f"quality.{decision}", at=at, object_type="quality_finding",
                 object_id=row.id, detail=detail)  # fmt: skip
    settle(session, [row], at=at)


def hand_over(session: Session, row: QualityFinding, unit: str, *, reason: str, actor: str, at: datetime) -> None:
    """An officer gives an open finding to another unit, which is told. Its deadline stays.

    Raises:
        QualityDecisionError: it is closed, is that unit's already, or the reason lacks.

    Effects: tables ``quality_finding``, ``notice``, ``audit``.
    """
    words = reason.strip()
    if row.state != OPEN or row.owner_unit == unit or not 0 < len(words) <= MAX_REASON:
        raise QualityDecisionError(
            f"expected an open finding of another unit and a reason, got {row.state} of {row.owner_unit}",
            hint="写明转交理由 Say why.",
        )
    before, row.owner_unit = row.owner_unit, unit
    session.flush()
    detail = {"from": before, "to": unit, "reason": words}
    audit.append(session, actor=actor, action="quality.hand-over", at=at, object_type="quality_finding",
                 object_id=row.id, detail=detail)  # fmt: skip
    push(session, [row], at=at)


def push(session: Session, rows: Sequence[QualityFinding], *, at: datetime) -> int:
    """Tell the owners of fresh findings, one notice a unit, rule and day; how many matters were told.

    Effects: table ``notice``.
    """
    matters: dict[tuple[str, str, str], list[QualityFinding]] = defaultdict(list)
    for row in rows:
        matters[row.data_set, row.rule_id, row.owner_unit].append(row)
    day = at.astimezone(CHINA).date().isoformat()
    for (data_set, rule_id, unit), group in sorted(matters.items()):
        first = min(group, key=lambda row: row.due_at)
        notice.tell(
            session,
            key=f"{_matter(data_set, rule_id, unit)}{day}",
            owner=unit,
            kind=KIND,
            title=_title(data_set, rule_id, group[0]),
            at=at,
            detail={"field": first.field, "basis": first.basis, "row": first.row_key, "found": len(group)},
            link=f"/quality/findings?data_set={data_set}&rule_id={rule_id}&unit={unit}&state=open",
            due_at=first.due_at,
        )
    return len(matters)


def _matter(data_set: str, rule_id: str, unit: str) -> str:
    return f"quality:{data_set}:{rule_id}:{unit}:"


def _title(data_set: str, rule_id: str, row: QualityFinding) -> str:
    rule = rule_set(data_set).rule(rule_id) if rule_id.startswith("DQ-") else None
    said = f"{rule.zh} {rule.en}" if rule is not None else f"{row.field}：{row.expected}"
    return f"数据质量 {rule_id}：{said}"[:300]


def settle(session: Session, rows: Iterable[QualityFinding], *, at: datetime) -> int:
    """End the notices of matters of which nothing is open any more. Effects: table ``notice``."""
    ended = 0
    for data_set, rule_id, unit in sorted({(row.data_set, row.rule_id, row.owner_unit) for row in rows}):
        left = select(func.count()).select_from(QualityFinding).where(
            QualityFinding.data_set == data_set, QualityFinding.rule_id == rule_id,
            QualityFinding.owner_unit == unit, QualityFinding.state == OPEN,
        )  # fmt: skip
        if not session.execute(left).scalar_one():
            query = select(Notice.key).where(
                Notice.kind == KIND, Notice.done_at.is_(None),
                Notice.key.startswith(_matter(data_set, rule_id, unit), autoescape=True),
            )  # fmt: skip
            ended += notice.done(session, session.execute(query).scalars(), at=at)
    return ended


def escalate(session: Session, *, at: datetime) -> int:
    """Tell the unit above of what is past its deadline (red card), once a unit, data set and first deadline.

    Returns:
        how many units have something overdue in some data set.

    Effects: table ``notice``.
    """
    query = (
        select(QualityFinding.data_set, QualityFinding.owner_unit, func.count(), func.min(QualityFinding.due_at))
        .where(QualityFinding.state == OPEN, QualityFinding.due_at < at)
        .group_by(QualityFinding.data_set, QualityFinding.owner_unit)
    )
    late = session.execute(query).all()
    for data_set, unit, count, first in late:
        notice.tell(
            session,
            key=f"quality-red:{data_set}:{unit}:{first:%Y%m%d}",
            owner=parent(unit) or unit,
            kind=KIND,
            title=f"数据质量逾期（红牌）：{unit} {data_set} Data quality overdue (red card)",
            at=at,
            detail={"unit": unit, "data_set": data_set, "overdue": count},
            link=f"/quality/findings?data_set={data_set}&unit={unit}&state=overdue",
        )
    return len(late)
