"""JSON forms of rule hits. A hit is a lead, never a finding."""

from datetime import datetime

from api.queries.hits import HitRow
from api.row_number import RowNumber
from api.schemas.base import In, Out


class HitOut(Out):
    """One hit with its quoted fact, place and law. ``evidence_id`` is empty where there is none to see."""

    id: int
    rule_id: str
    rule_version: str
    severity: str
    state: str
    shop_id: int
    listing_id: int | None
    page_id: int
    page_url: str
    field: str
    locator: str
    quote: str
    quote_start: int
    quote_end: int
    law: list[dict[str, str]]
    explanation: dict[str, object]
    evidence_id: str
    found_at: datetime
    last_seen_at: datetime

    @classmethod
    def of(cls, row: HitRow) -> "HitOut":
        """From a line of the list."""
        names = set(cls.model_fields) - {"page_url", "evidence_id"}
        values = {name: getattr(row.hit, name) for name in names}
        return cls(**values, page_url=row.page.final_url, evidence_id=row.evidence_id)


class HitsOut(Out):
    """A slice of the list of hits, with counts over all of them."""

    total: int
    next_before: str | None
    facets: dict[str, dict[str, int]]
    hits: list[HitOut]


class DecisionIn(In):
    """An officer's decision: ``confirmed``, ``dismissed`` or ``new``; the reason is required."""

    decision: str
    reason: str


class DecisionsIn(DecisionIn):
    """The same on several hits, by their numbers."""

    hits: list[RowNumber]


class DecisionsOut(Out):
    """How many hits were decided; those gone from their pages were left as they are."""

    decided: int
    gone: int
