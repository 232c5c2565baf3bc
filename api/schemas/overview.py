"""JSON forms of the overview and of rule trials."""

from datetime import datetime

from api.schemas.base import In, Out


class OverviewOut(Out):
    """Figures by value; what the reader may not see is an empty object."""

    shops: dict[str, int]
    listings: dict[str, int]
    hits_by_rule: dict[str, int]
    hits_by_state: dict[str, int]
    hits_by_severity: dict[str, int]
    evidence: dict[str, int]
    jobs: dict[str, int]
    pages: int
    users: int
    last_visit_at: datetime | None


class TrialIn(In):
    """A text to try against the rules, as if it stood in this field of a page."""

    text: str
    field: str = "description"
    category: str = ""


class TrialOut(Out):
    """One rule that would fire, with the quoted piece (code points ``start`` to ``end``)."""

    rule_id: str
    rule_version: str
    severity: str
    quote: str
    start: int
    end: int
    reason: dict[str, str]
    law: list[dict[str, str]]
    notice: dict[str, str]
