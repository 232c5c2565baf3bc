"""What waits for an officer, each with its figure and the list that holds exactly so many rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.applications import ApplicationFilter, list_applications
from api.queries.evidence import EvidenceFilter, list_evidence
from api.queries.exchange import list_stopped
from api.queries.hits import HitFilter, list_hits
from api.queries.matches import MatchFilter, list_tasks
from api.queries.notices import NoticeFilter, list_notices
from api.queries.quality import FindingFilter, list_findings
from api.queries.transfers import TransferFilter, list_transfers


@dataclass(frozen=True, slots=True)
class OpenWork:
    """One kind of work.

    Attributes:
        key: names it in the catalogue. count: rows of the list at ``href``. is_late: it should have been done, or
            stands still.
    """

    key: str
    count: int
    href: str
    is_late: bool = False


def read_open_work(session: Session, scope: Scope, *, at: datetime) -> tuple[OpenWork, ...]:
    """What waits for this reader, most pressing first; what has no row is left out.

    The figures come from the very lists that the links open.
    """
    found: list[OpenWork] = []

    def add(permission: Permission, key: str, href: str, total: int, *, is_late: bool = False) -> None:
        if total and scope.may(permission):
            found.append(OpenWork(key, total, href, is_late))

    late = list_findings(session, scope, FindingFilter(state="overdue"), at=at).total
    add(Permission.QUALITY_READ, "late_findings", "/quality/findings?state=overdue", late, is_late=True)
    stopped = list_stopped(session, scope).total
    add(Permission.EXCHANGE_READ, "stopped", "/exchange/dead-letters", stopped, is_late=True)
    failed = list_evidence(session, scope, EvidenceFilter(state="failed"), limit=1).total
    add(Permission.EVIDENCE_READ, "failed", "/evidence?state=failed", failed, is_late=True)
    high = list_hits(session, scope, HitFilter(state="new", severity="high"), limit=1).total
    add(Permission.HIT_READ, "high_hits", "/hits?state=new&severity=high", high)
    unapproved = list_evidence(session, scope, EvidenceFilter(waiting="officers"), limit=1).total
    add(Permission.EVIDENCE_APPROVE, "unapproved", "/evidence?waiting=officers", unapproved)
    received = list_transfers(session, scope, TransferFilter(direction="in", state="received")).total
    add(Permission.EXCHANGE_READ, "received", "/exchange/transfers?direction=in&state=received", received)
    asked = list_applications(session, scope, ApplicationFilter(approval="needed"), limit=1).total
    add(Permission.APPLICATION_READ, "applications", "/applications?approval=needed", asked)
    tasks = list_tasks(session, scope, MatchFilter(), limit=1).total
    add(Permission.SUBJECT_READ, "matches", "/matches", tasks)
    told = list_notices(session, scope, NoticeFilter(), limit=1).total
    add(Permission.INBOX_READ, "notices", "/inbox", told)
    others = list_hits(session, scope, HitFilter(state="new"), limit=1).total
    add(Permission.HIT_READ, "hits", "/hits?state=new", others)
    return tuple(found)
