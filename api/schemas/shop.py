"""JSON forms of shops and visits."""

from datetime import datetime

from api.queries.shops import ShopDetail, ShopRow
from api.schemas.base import Out
from api.schemas.fact import FactOut


class ShopOut(Out):
    """A shop. ``listings`` and ``open_hits`` count; they are null inside other objects."""

    id: int
    url: str
    host: str
    name: str
    platform: str
    reason: str
    region: str
    status: str
    seller_name: str
    seller_code: str
    created_at: datetime
    last_visited_at: datetime | None
    next_visit_at: datetime | None
    listings: int | None = None
    open_hits: int | None = None

    @classmethod
    def of(cls, row: ShopRow) -> "ShopOut":
        """From a line of the list."""
        counted = {"listings": row.listings, "open_hits": row.open_hits}
        return cls.model_validate(row.shop).model_copy(update=counted)


class VisitOut(Out):
    """One visit with budgets and robots.txt as it was."""

    id: int
    shop_id: int
    job_id: str
    state: str
    stop_reason: str
    started_at: datetime
    finished_at: datetime | None
    pages: int
    bytes: int
    unchanged: int
    budget: dict[str, object]
    robots: dict[str, object]


class ShopDetailOut(Out):
    """One shop with its facts and newest visits."""

    shop: ShopOut
    facts: list[FactOut]
    visits: list[VisitOut]

    @classmethod
    def of(cls, detail: ShopDetail) -> "ShopDetailOut":
        """From the read model."""
        shop = ShopRow(detail.shop, detail.listing_total, detail.hits.total)
        return cls(
            shop=ShopOut.of(shop),
            facts=[FactOut.of(row) for row in detail.facts],
            visits=[VisitOut.model_validate(visit) for visit in detail.visits],
        )


class ShopsOut(Out):
    """A slice of the list of shops."""

    total: int
    next_before: str | None
    shops: list[ShopOut]
