"""How one piece of evidence is kept: term, holds, copy, findings, deletion."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evidence import deletion, retention, scrub, stored_object
from kernel.config import Settings
from kernel.models import Deletion, Evidence, LegalHold, ScrubFinding, StoredObject


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the page of evidence shows of its keeping.

    Attributes:
        until: end of the storage term. why_kept: stable code of what forbids a deletion now, or empty.
        stored: when it was hashed and copied; none before the keeper saw it.
    """

    until: datetime | None
    why_kept: str
    holds: tuple[LegalHold, ...]
    stored: StoredObject | None
    findings: tuple[ScrubFinding, ...]
    deletion: Deletion | None

    def held(self) -> bool:
        """Whether a hold is in force."""
        return any(row.released_at is None for row in self.holds)


def read_keeping(session: Session, settings: Settings, evidence: Evidence, at: datetime) -> Keeping:
    """The keeping of evidence that the reader may see."""
    years = settings.retention_years
    return Keeping(
        until=retention.until(evidence, years),
        why_kept=retention.why_kept(session, evidence, at, years),
        holds=tuple(retention.holds(session, evidence.id)),
        stored=stored_object.of_evidence(session, evidence.id),
        findings=tuple(scrub.open_findings(session, evidence.id)),
        deletion=deletion.of_evidence(session, evidence.id),
    )
