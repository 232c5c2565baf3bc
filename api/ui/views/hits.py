"""Rule hits: list with filters, decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.locations import local_path
from api.policy import Permission
from api.queries.hits import HitFilter, decide, decisions_of, hit_facets, list_hits, quotes_of, read_hit
from api.row_number import RowNumber
from api.ui.rendering import is_fragment, page

router = APIRouter(include_in_schema=False)


@router.get("/hits", dependencies=[allow(Permission.HIT_READ)])
def hit_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[HitFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Hits, newest first."""
    with context.database.read() as session:
        found = list_hits(session, who.scope, wanted, before=before)
        quotes = quotes_of(session, found.rows)
        decisions = decisions_of(session, [row.hit.id for row in found.rows])
        facets = hit_facets(session, who.scope)
    return page(
        request,
        "hits.html",
        found=found,
        quotes=quotes,
        decisions=decisions,
        facets=facets,
        wanted=wanted,
        before=before,
    )


@router.get("/hits/{hit_id}", dependencies=[allow(Permission.HIT_READ)])
def hit(request: Request, context: Ctx, who: Who, hit_id: RowNumber) -> HTMLResponse:
    """One hit with its reasons."""
    with context.database.read() as session:
        row = read_hit(session, who.scope, hit_id)
        return page(
            request, "hit.html", row=row, quotes=quotes_of(session, [row]), decisions=decisions_of(session, [hit_id])
        )


@router.post("/hits/{hit_id}/decision", dependencies=[allow(Permission.HIT_DECIDE)])
def decision(  # noqa: PLR0917 - FastAPI calls it by name
    request: Request,
    context: Ctx,
    who: Who,
    hit_id: RowNumber,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    goto: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Confirm, dismiss or reopen a hit."""
    with context.database.write() as session:
        row = decide(session, who.scope, hit_id, decision=decision, reason=reason, at=context.now())
        quotes = quotes_of(session, [row])
        decisions = decisions_of(session, [hit_id])
    if is_fragment(request):
        return page(request, "fragments/hit.html", row=row, quotes=quotes, decisions=decisions)
    return RedirectResponse(local_path(goto, f"/hits/{hit_id}"), 303)
