"""Standing reports to the superior (上报): confirmed leads and decided cases, by a setting, with the change itself.

Whoever was told of a matter by hand is told of its changes here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, Select, case, cast, select
from sqlalchemy.orm import Session

from exchange import telling
from exchange.matter_content import CASE, LEAD, SEALED
from exchange.organisation import name_of, parent
from exchange.telling import STANDING, Address
from kernel.models import CaseFile, Evidence, RuleHit, ToldMatter
from supervision.case_file import DECIDED

ACTOR = "system:report-up"
REASON = "按设置自动上报 reported by a standing rule"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What is reported without asking.

    Attributes:
        org: this installation's organisation. kinds: of ``LEAD`` and ``CASE``; empty: nothing.
    """

    org: str
    kinds: Sequence[str] = ()

    def address(self) -> Address | None:
        """The superior, or none above 总局 and outside the tree."""
        above = parent(self.org)
        return Address(above, STANDING, f"上报上一级：{name_of(above)}") if above else None


def changed(session: Session, rule: StandingRule, kind: str, object_id: int, *, at: datetime) -> tuple[str, ...]:
    """A lead was decided on, or a case moved: report it if the rule says so, and tell those who know of it.

    Call it in the transaction of the change.

    Returns:
        ids of the messages; none where nothing is new.

    Effects: tables ``told_matter``, ``message``, ``audit``.
    """
    posted: tuple[str, ...] = ()
    address = rule.address()
    if address is not None and kind in rule.kinds and _is_due(session, kind, object_id):
        known = {row.other for row in telling.told_to(session, kind, str(object_id))}
        if address.to not in known:
            posted = telling.tell(session, kind, object_id, address, reason=REASON, actor=ACTOR, at=at).messages
    return (*posted, *telling.follow(session, kind, object_id, actor=ACTOR, at=at))


def _is_due(session: Session, kind: str, object_id: int) -> bool:
    if kind == LEAD:
        hit = session.get(RuleHit, object_id)
        return hit is not None and hit.state == telling.CONFIRMED
    row = session.get(CaseFile, object_id)
    return row is not None and row.state in DECIDED


def is_behind(session: Session) -> bool:
    """True when something was sealed that those who know of its matter were not told."""
    return any(session.execute(query.limit(1)).first() is not None for query in _sealed_later().values())


def catch_up(session: Session, *, at: datetime, limit: int = AT_ONCE) -> int:
    """Tell of what was sealed after its lead or case was told: nobody's hand was on these rows when it happened.

    Returns:
        how many messages were posted.

    Effects: as :func:`changed`.
    """
    posted = 0
    for kind, query in _sealed_later().items():
        for number in session.execute(query.distinct().limit(limit)).scalars().all():
            posted += len(telling.follow(session, kind, number, actor=ACTOR, at=at))
    return posted


def _sealed_later() -> dict[str, Select[int]]:
    """By kind: numbers of leads and cases whose evidence was sealed after they were told last."""
    newer = (ToldMatter.direction == "out") & (Evidence.state == SEALED) & (Evidence.sealed_at > ToldMatter.changed_at)
    # Ids of evidence stand in the same column and are no numbers: PostgreSQL must not try to read them.
    number = cast(case((ToldMatter.kind.in_((LEAD, CASE)), ToldMatter.object_id), else_="0"), Integer)
    leads = (
        select(RuleHit.id)
        .join(ToldMatter, (ToldMatter.kind == LEAD) & (RuleHit.id == number))
        .join(Evidence, Evidence.id == RuleHit.evidence_id)
    )
    cases = (
        select(CaseFile.id)
        .join(ToldMatter, (ToldMatter.kind == CASE) & (CaseFile.id == number))
        .join(Evidence, Evidence.case_number == CaseFile.number)
    )
    return {LEAD: leads.where(newer), CASE: cases.where(newer)}
