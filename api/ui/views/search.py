"""Listing search: the URL holds all state."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.datastructures import QueryParams

from api.access import Who, allow
from api.context import Ctx
from api.errors import problem_of
from api.listing_export import export_lines
from api.locations import local_path
from api.policy import Permission
from api.queries.hits import Quote
from api.queries.listing_search import FACET_NAMES, SORT_NAMES, Found, Wanted, search_listings
from api.queries.saved_searches import drop_search, list_saved, save_search
from api.row_number import RowNumber
from api.ui.rendering import is_fragment, page
from search.errors import QueryError, SearchError

router = APIRouter(include_in_schema=False)


def wanted_of(params: QueryParams) -> Wanted:
    """What a URL asks for; parameters that mean nothing are left out."""
    sort = params.get("sort", "")
    return Wanted(
        text=params.get("q", "").strip(),
        filters={name: tuple(params.getlist(name)) for name in FACET_NAMES if params.getlist(name)},
        sort=sort if sort in SORT_NAMES else SORT_NAMES[0],
        cursor=params.get("cursor", ""),
    )


@router.get("/search", dependencies=[allow(Permission.LISTING_READ)])
def search(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """Results with facets."""
    wanted = wanted_of(request.query_params)
    found, problem, marked = Found(), None, None
    with context.database.read() as session:
        saved = list_saved(session, who.scope)
        try:
            found = search_listings(session, context.engine(), who.scope, wanted)
        except SearchError as error:
            problem = problem_of(error)
            if isinstance(error, QueryError):
                at = error.position
                marked = Quote(wanted.text[:at], wanted.text[at : at + 1] or " ", wanted.text[at + 1 :])
    response = page(
        request,
        "fragments/results.html" if is_fragment(request) else "search.html",
        status=problem.status if problem and not is_fragment(request) else 200,
        found=found,
        wanted=wanted,
        params=wanted.params(),
        sort=wanted.sort,
        sorts=SORT_NAMES,
        saved=saved,
        problem=problem,
        marked=marked,
        query_text=wanted.text,
    )
    response.headers["Vary"] = "HX-Request"
    return response


@router.get("/search/export.csv", dependencies=[allow(Permission.LISTING_READ)])
def export(request: Request, context: Ctx, who: Who) -> Response:
    """All results as CSV."""
    lines: Iterator[str] = export_lines(context, who, wanted_of(request.query_params))
    headers = {"Content-Disposition": 'attachment; filename="listings.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/searches", dependencies=[allow(Permission.SEARCH_SAVE)])
def save(
    context: Ctx, who: Who, name: Annotated[str, Form()] = "", query_string: Annotated[str, Form()] = ""
) -> Response:
    """Keep a search."""
    with context.database.write() as session:
        row = save_search(session, who.scope, name=name, query_string=query_string, at=context.now())
    return RedirectResponse(f"/search?{row.query_string}", 303)


@router.post("/searches/{search_id}/drop", dependencies=[allow(Permission.SEARCH_SAVE)])
def drop(
    context: Ctx, who: Who, search_id: RowNumber, goto: Annotated[str, Form(alias="next")] = "/search"
) -> Response:
    """Forget a search."""
    with context.database.write() as session:
        drop_search(session, who.scope, search_id)
    return RedirectResponse(local_path(goto, "/search"), 303)
