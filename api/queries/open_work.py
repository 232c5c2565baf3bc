"""What waits for an officer, each with its figure and the list that holds exactly so many rows."""

from collections.abc import Callable
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

_Work = tuple[Permission, str, str, Callable[[], int]]


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

    The figures come from the very lists that the links open; nothing is asked for who may not see it.
    """

    def hits(severity: str = "") -> int:
        return list_hits(session, scope, HitFilter(state="new", severity=severity), limit=1).total

    def evidence(wanted: EvidenceFilter) -> int:
        return list_evidence(session, scope, wanted, limit=1).total

    def received() -> int:
        return list_transfers(session, scope, TransferFilter(direction="in", state="received")).total

    def asked() -> int:
        return list_applications(session, scope, ApplicationFilter(approval="needed"), limit=1).total

    late: tuple[_Work, ...] = (
        (Permission.QUALITY_READ, "late_findings", "/quality/findings?state=overdue",
         lambda: list_findings(session, scope, FindingFilter(state="overdue"), at=at).total),
        (Permission.EXCHANGE_READ, "stopped", "/exchange/dead-letters", lambda: list_stopped(session, scope).total),
        (Permission.EVIDENCE_READ, "failed", "/evidence?state=failed",
         lambda: evidence(EvidenceFilter(state="failed"))),
    )  # fmt: skip
    waiting: tuple[_Work, ...] = (
        (Permission.HIT_READ, "high_hits", "/hits?state=new&severity=high", lambda: hits("high")),
        (Permission.EVIDENCE_APPROVE, "unapproved", "/evidence?waiting=officers",
         lambda: evidence(EvidenceFilter(waiting="officers"))),
        (Permission.EXCHANGE_READ, "received", "/exchange/transfers?direction=in&state=received", received),
        (Permission.APPLICATION_READ, "applications", "/applications?approval=needed", asked),
        (Permission.SUBJECT_READ, "matches", "/matches",
         lambda: list_tasks(session, scope, MatchFilter(), limit=1).total),
        (Permission.INBOX_READ, "notices", "/inbox",
         lambda: list_notices(session, scope, NoticeFilter(), limit=1).total),
        (Permission.HIT_READ, "hits", "/hits?state=new", hits),
    )  # fmt: skip
    return tuple(
        OpenWork(key, count, href, is_late)
        for works, is_late in ((late, True), (waiting, False))
        for permission, key, href, total in works
        if scope.may(permission) and (count := total())
    )
