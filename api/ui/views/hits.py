"""Rule hits: list with filters, decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.locations import local_path
from api.matter_desk import decide_lead, decide_leads
from api.policy import Permission
from api.queries.cases import cases_of_hit
from api.queries.hits import (
    HitFilter,
    decisions_of,
    hit_facets,
    list_hits,
    quotes_of,
    read_hit,
    same_facts,
)
from api.queries.matters import told_of
from api.row_number import RowNumber
from api.ui.rendering import is_fragment, page, with_query
from exchange.matter_content import LEAD
from exchange.organisation import name_of
from supervision.rules.explanation import explain

router = APIRouter(include_in_schema=False)


@router.get("/hits", dependencies=[allow(Permission.HIT_READ)])
def hit_list(  # noqa: PLR0917 - FastAPI calls it by name
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[HitFilter, Depends()],
    before: RowNumber | None = None,
    done: RowNumber | None = None,
    left: RowNumber | None = None,
) -> HTMLResponse:
    """Hits, newest first. ``done`` and ``left``: what became of those that were decided together just now."""
    with context.database.read() as session:
        found = list_hits(session, who.scope, wanted, before=before)
        quotes = quotes_of(session, found.rows)
        decisions = decisions_of(session, [row.hit.id for row in found.rows])
        facets = hit_facets(session, who.scope)
        same = same_facts(session, who.scope, found.rows)
    return page(
        request,
        "hits.html",
        found=found,
        quotes=quotes,
        decisions=decisions,
        same=same,
        facets=facets,
        wanted=wanted,
        before=before,
        done=done,
        left=left,
    )


@router.get("/hits/{hit_id}", dependencies=[allow(Permission.HIT_READ)])
def hit(request: Request, context: Ctx, who: Who, hit_id: RowNumber) -> HTMLResponse:
    """One hit with its reasons."""
    with context.database.read() as session:
        row = read_hit(session, who.scope, hit_id)
        quotes, decisions = quotes_of(session, [row]), decisions_of(session, [hit_id])
        return page(
            request, "hit.html", row=row, quotes=quotes, decisions=decisions, why=explain(row.hit),
            told=told_of(session, who.scope, LEAD, hit_id), cases=cases_of_hit(session, who.scope, hit_id),
            name_of=name_of, max_tries=context.settings.exchange_max_tries,
            same=same_facts(session, who.scope, [row]),
        )  # fmt: skip


@router.post("/hits/decisions", dependencies=[allow(Permission.HIT_DECIDE)])
def decisions(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    hit_id: Annotated[list[RowNumber] | None, Form()] = None,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    goto: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Confirm or dismiss all hits that are ticked."""
    with context.database.write() as session:
        done, left = decide_leads(session, context, who, hit_id or (), decision=decision, reason=reason)
    back = local_path(goto, "/hits")
    told = with_query("", {"done": done, "left": left}).removeprefix("?")
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{told}", 303)


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
        row = decide_lead(session, context, who, hit_id, decision=decision, reason=reason)
        quotes = quotes_of(session, [row])
        decisions = decisions_of(session, [hit_id])
        same = same_facts(session, who.scope, [row])
    if is_fragment(request):
        brief = local_path(goto, "/").partition("?")[0] == "/hits"
        return page(
            request, "fragments/hit.html", row=row, quotes=quotes, decisions=decisions, brief=brief, same=same
        )  # fmt: skip
    return RedirectResponse(local_path(goto, f"/hits/{hit_id}"), 303)
