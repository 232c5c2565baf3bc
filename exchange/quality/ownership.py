"""Who answers for a finding (分责), and until when.

What an officer entered for a field goes before what was entered for its data set, that before the unit a rule names,
that before the unit of the place the row itself names, and last comes whoever handed the row in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.organisation import check_code, level
from exchange.quality.engine import Finding
from exchange.quality.rule_set import SOURCE_UNIT, RuleSet
from kernel import audit
from kernel.models import QualityOwner

ALL_FIELDS = "*"
LAST_RESORT = "310000"
"""Who answers where nobody else can be named: the bureau of the city this is made for."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A unit (organisation code) and the time until which it has to act."""

    unit: str
    due_at: datetime


class Owners:
    """The owners of one data set, read once.

    Args:
        unit: organisation code of whoever handed the rows in, or empty.
    """

    def __init__(self, session: Session, rules: RuleSet, *, unit: str = "") -> None:
        query = select(QualityOwner).where(QualityOwner.data_set == rules.data_set)
        self._entered = {row.field: row for row in session.execute(query).scalars()}
        self._rules, self._unit = rules, unit

    def of(self, finding: Finding, at: datetime) -> Owner:
        """Who answers for a finding that is seen at a time (aware UTC)."""
        rule = finding.rule
        entered = self._entered.get(rule.field) or self._entered.get(ALL_FIELDS)
        days = entered.days if entered is not None and entered.days else rule.days
        if entered is not None:
            unit = entered.unit
        elif rule.unit != SOURCE_UNIT:
            unit = rule.unit
        else:
            unit = self._place(finding) or self._unit or LAST_RESORT
        return Owner(unit, at + timedelta(days=days))

    def _place(self, finding: Finding) -> str:
        """The unit of the place the row names, where it names one (six digits of GB/T 2260)."""
        code = str(finding.row.get(self._rules.unit_field) or "") if self._rules.unit_field else ""
        return code if len(code) == 6 and level(code) in {2, 3} else ""


def enter(
    session: Session, data_set: str, field: str, unit: str, *, days: int | None, actor: str, at: datetime
) -> QualityOwner:
    """Enter who answers for a field (``*``: all) of a data set from now on; findings that are open keep their owner.

    Raises:
        RecipientError: no organisation code.

    Effects: tables ``quality_owner``, ``audit``.
    """
    query = select(QualityOwner).where(QualityOwner.data_set == data_set, QualityOwner.field == field)
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        row = QualityOwner(data_set=data_set, field=field, unit="", set_by="", at=at)
        session.add(row)
    row.unit, row.days, row.set_by, row.at = check_code(unit), days, actor, at
    detail = {"data_set": data_set, "field": field, "unit": unit, "days": days}
    audit.append(session, actor=actor, action="quality.owner", at=at, object_type="quality_owner",
                 object_id=f"{data_set}.{field}", detail=detail)  # fmt: skip
    session.flush()
    return row
