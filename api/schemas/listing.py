"""JSON forms of listings and searches."""

from datetime import datetime

from api.queries.listing_search import Found, FoundRow
from api.queries.listings import ListingDetail
from api.schemas.base import In, Out
from api.schemas.fact import FactOut, PriceOut
from api.schemas.hit import HitOut


class ListingOut(Out):
    """A listing with its newest facts. Money is 分."""

    id: int
    shop_id: int
    url: str
    title: str
    description: str
    category: str
    brand: str
    price_fen: int | None
    struck_fen: int | None
    currency: str
    stock: int | None
    sales: int | None
    image_url: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    updated_at: datetime


class ListingDetailOut(Out):
    """One listing with facts, price history, hits and the numbers of its evidence."""

    listing: ListingOut
    facts: list[FactOut]
    history: list[FactOut]
    prices: list[PriceOut]
    hits: list[HitOut]
    evidence_ids: list[str]

    @classmethod
    def of(cls, detail: ListingDetail) -> "ListingDetailOut":
        """From the read model."""
        return cls(
            listing=ListingOut.model_validate(detail.listing),
            facts=[FactOut.of(row) for row in detail.facts],
            history=[FactOut.of(row) for row in detail.history],
            prices=[PriceOut.model_validate(point) for point in detail.prices],
            hits=[HitOut.of(row) for row in detail.hits],
            evidence_ids=[row.id for row in detail.evidence],
        )


class FoundOut(Out):
    """One listing found; pieces with ``marked`` matched the words."""

    listing: ListingOut
    shop_name: str
    rules: list[str]
    title: list[dict[str, object]]
    snippet: list[dict[str, object]]

    @classmethod
    def of(cls, row: FoundRow) -> "FoundOut":
        """From a row of the results."""
        return cls(
            listing=ListingOut.model_validate(row.listing),
            shop_name=row.shop.name,
            rules=list(row.rules),
            title=[{"text": piece.text, "marked": piece.marked} for piece in row.title],
            snippet=[{"text": piece.text, "marked": piece.marked} for piece in row.snippet],
        )


class FacetValueOut(Out):
    """One value of a facet; ``label`` is its name where one is known."""

    value: str
    label: str
    count: int
    chosen: bool


class SearchOut(Out):
    """A page of results. Give ``next_cursor`` as ``cursor`` for the next one."""

    total: int
    next_cursor: str
    facets: dict[str, list[FacetValueOut]]
    rows: list[FoundOut]

    @classmethod
    def of(cls, found: Found) -> "SearchOut":
        """From the read model."""
        return cls(
            total=found.total,
            next_cursor=found.next_cursor,
            facets={
                facet.name: [FacetValueOut.model_validate(value) for value in facet.values] for facet in found.facets
            },
            rows=[FoundOut.of(row) for row in found.rows],
        )


class SavedSearchIn(In):
    """A search to keep; ``query_string`` is the part of a search URL after ``?``."""

    name: str
    query_string: str


class SavedSearchOut(Out):
    """A kept search."""

    id: int
    name: str
    query_string: str
    created_at: datetime
