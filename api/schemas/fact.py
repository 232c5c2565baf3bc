"""JSON forms of facts and prices."""

from datetime import datetime

from api.queries.facts import ShownFact
from api.schemas.base import Out


class FactOut(Out):
    """One value of one field while it stood, and where it was read.

    ``value`` is as described in ``docs/api.md``; ``superseded_at`` is null while it stands.
    """

    field: str
    slot: str
    value: object
    raw: str
    locator: str
    method: str
    confidence: int
    seen_at: datetime
    superseded_at: datetime | None
    page_id: int
    page_url: str
    page_sha256: str

    @classmethod
    def of(cls, row: ShownFact) -> "FactOut":
        """From a fact with its page."""
        fact = row.fact
        return cls(
            field=fact.field,
            slot=fact.slot,
            value=fact.value,
            raw=fact.raw,
            locator=fact.locator,
            method=fact.method,
            confidence=fact.confidence,
            seen_at=fact.seen_at,
            superseded_at=fact.superseded_at,
            page_id=row.page.id,
            page_url=row.page.final_url,
            page_sha256=row.page.body_sha256,
        )


class PriceOut(Out):
    """One price while it stood; ``fen`` is null where no amount was given."""

    kind: str
    slot: str
    fen: int | None
    since: datetime
    until: datetime | None
    page_id: int
