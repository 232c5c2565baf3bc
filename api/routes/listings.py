"""Overview, search, listings, saved searches."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from api.access import Who, allow
from api.context import Ctx
from api.listing_export import export_lines
from api.policy import Permission
from api.queries.listing_search import FACET_NAMES, PAGE_SIZE, SORT_NAMES, Wanted, search_listings
from api.queries.listings import read_listing
from api.queries.overview import read_overview
from api.queries.saved_searches import drop_search, list_saved, save_search
from api.row_number import RowNumber
from api.schemas.listing import ListingDetailOut, SavedSearchIn, SavedSearchOut, SearchOut
from api.schemas.overview import OverviewOut

router = APIRouter(prefix="/api/v1", tags=["listings"])


def wanted_of(
    q: Annotated[str, Query(max_length=2000)],
    where: Annotated[tuple[str, ...], Query()],
    sort: str,
) -> Wanted:
    """A search from its parameters; ``where`` holds ``facet:value`` pairs."""
    filters: dict[str, tuple[str, ...]] = {}
    for pair in where:
        name, _, value = pair.partition(":")
        if name in FACET_NAMES and value:
            filters[name] = (*filters.get(name, ()), value)
    return Wanted(text=q.strip(), filters=filters, sort=sort or SORT_NAMES[0])


@router.get("/overview", dependencies=[allow(Permission.OVERVIEW_READ)])
def overview(context: Ctx, who: Who) -> OverviewOut:
    """Figures over everything the reader may see."""
    with context.database.read() as session:
        return OverviewOut.model_validate(read_overview(session, who.scope))


@router.get("/search", dependencies=[allow(Permission.LISTING_READ)])
def search(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    q: Annotated[str, Query(max_length=2000, description="query language, see docs/api.md")] = "",
    where: Annotated[tuple[str, ...], Query(description="facet:value, repeatable")] = (),
    sort: Annotated[str, Query(description=f"one of {', '.join(SORT_NAMES)}")] = "",
    cursor: Annotated[str, Query(max_length=500)] = "",
    size: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE,
) -> SearchOut:
    """Search listings with facets and highlights; a cursor goes to the very end."""
    first = wanted_of(q, where, sort)
    wanted = Wanted(first.text, first.filters, first.sort, cursor, size)
    with context.database.read() as session:
        return SearchOut.of(search_listings(session, context.engine(), who.scope, wanted))


@router.get("/search/export.csv", dependencies=[allow(Permission.LISTING_READ)])
def export(
    context: Ctx,
    who: Who,
    q: Annotated[str, Query(max_length=2000)] = "",
    where: Annotated[tuple[str, ...], Query()] = (),
    sort: str = "",
) -> Response:
    """All results of a search as CSV."""
    lines = export_lines(context, who, wanted_of(q, where, sort))
    headers = {"Content-Disposition": 'attachment; filename="listings.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/listings/{listing_id}", dependencies=[allow(Permission.LISTING_READ)])
def listing(context: Ctx, who: Who, listing_id: RowNumber) -> ListingDetailOut:
    """One listing: facts with their places, history, prices, hits, evidence."""
    with context.database.read() as session:
        return ListingDetailOut.of(read_listing(session, who.scope, listing_id))


@router.get("/saved-searches", dependencies=[allow(Permission.SEARCH_SAVE)])
def saved(context: Ctx, who: Who) -> list[SavedSearchOut]:
    """One's own saved searches."""
    with context.database.read() as session:
        return [SavedSearchOut.model_validate(row) for row in list_saved(session, who.scope)]


@router.post("/saved-searches", dependencies=[allow(Permission.SEARCH_SAVE)], status_code=201)
def save(context: Ctx, who: Who, body: SavedSearchIn) -> SavedSearchOut:
    """Keep a search under a name; the same name again replaces it."""
    with context.database.write() as session:
        row = save_search(session, who.scope, name=body.name, query_string=body.query_string, at=context.now())
        return SavedSearchOut.model_validate(row)


@router.delete("/saved-searches/{search_id}", dependencies=[allow(Permission.SEARCH_SAVE)], status_code=204)
def drop(context: Ctx, who: Who, search_id: RowNumber) -> None:
    """Forget a saved search."""
    with context.database.write() as session:
        drop_search(session, who.scope, search_id)
