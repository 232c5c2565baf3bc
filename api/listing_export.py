"""Listing search results as CSV, all of them, one batch in memory at a time."""

from collections.abc import Iterator
from itertools import chain

from api.auth import SignedIn
from api.context import Context
from api.queries.listing_search import FoundRow, Wanted, walk_listings
from api.table_export import csv_lines
from kernel import audit
from kernel.clock import iso

HEADER = (
    "listing_id", "title", "shop_id", "shop", "platform", "url", "price_yuan", "struck_yuan", "currency", "stock",
    "sales", "category", "brand", "state", "open_rules", "first_seen_at", "last_seen_at", "updated_at",
)  # fmt: skip


def export_lines(context: Context, who: SignedIn, wanted: Wanted) -> Iterator[str]:
    """CSV text, piece by piece. The first row is fetched at once, so that errors come before the answer.

    Raises:
        SearchError: the query is not understood, or the engine is away.

    Effects: table ``audit``.
    """
    with context.database.write() as session:
        detail = {"query": wanted.text, "filters": {name: list(values) for name, values in wanted.filters.items()}}
        audit.append(
            session, actor=who.scope.name, action="listing.export", object_type="listing", detail=detail,
            at=context.now(),
        )  # fmt: skip
    rows = _rows(context, who, wanted)
    first = next(rows, None)
    return csv_lines(HEADER, chain([first], rows) if first else ())


def _rows(context: Context, who: SignedIn, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    with context.database.read() as session:
        for row in walk_listings(session, context.engine(), who.scope, wanted):
            yield _cells(row)


def _cells(row: FoundRow) -> tuple[object, ...]:
    listing = row.listing
    return (
        listing.id, listing.title, row.shop.id, row.shop.name, row.shop.platform, listing.url,
        _yuan(listing.price_fen), _yuan(listing.struck_fen), listing.currency, listing.stock, listing.sales,
        listing.category, listing.brand, listing.state, " ".join(row.rules), iso(listing.first_seen_at),
        iso(listing.last_seen_at), iso(listing.updated_at),
    )  # fmt: skip


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"
