"""Leads and cases towards others: the form that sends them, and those that others told us."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.auth import SignedIn
from api.context import Context, Ctx
from api.errors import InputError, Problem, problem_of
from api.matter_desk import open_sealed, preview, send
from api.matter_wanted import Wanted
from api.policy import Permission
from api.queries.matters import MatterFilter, list_matters, matter_facets, read_matter, told_of
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange.jurisdiction import PLACES, table
from exchange.matter_content import CASE, LEAD, VERSIONS
from exchange.organisation import name_of
from exchange.schema_registry import schema

router = APIRouter(include_in_schema=False)
HOME = {LEAD: "/hits", CASE: "/cases"}


@router.get("/hits/{object_id}/send", dependencies=[allow(Permission.MATTER_SEND)])
def lead_form(
    request: Request, context: Ctx, who: Who, object_id: RowNumber, wanted: Annotated[Wanted, Query()]
) -> HTMLResponse:
    """What would be sent of a lead, to whom, and by which rule."""
    return _form(request, context, who, LEAD, object_id, wanted)


@router.get("/cases/{object_id}/send", dependencies=[allow(Permission.CASE_WRITE)])
def case_form(
    request: Request, context: Ctx, who: Who, object_id: RowNumber, wanted: Annotated[Wanted, Query()]
) -> HTMLResponse:
    """What would be sent of a case, to whom, and by which rule."""
    return _form(request, context, who, CASE, object_id, wanted)


@router.post("/hits/{object_id}/send", dependencies=[allow(Permission.MATTER_SEND)])
def send_lead(
    request: Request, context: Ctx, who: Who, object_id: RowNumber, wanted: Annotated[Wanted, Form()]
) -> Response:
    """Send a lead with the metadata of its evidence."""
    return _send(request, context, who, LEAD, object_id, wanted)


@router.post("/cases/{object_id}/send", dependencies=[allow(Permission.CASE_WRITE)])
def send_case(
    request: Request, context: Ctx, who: Who, object_id: RowNumber, wanted: Annotated[Wanted, Form()]
) -> Response:
    """Send a case with the metadata of its evidence."""
    return _send(request, context, who, CASE, object_id, wanted)


def _send(  # noqa: PLR0917 - what a route gets
    request: Request, context: Context, who: SignedIn, kind: str, object_id: int, wanted: Wanted
) -> Response:
    try:
        posted = send(context, who, kind, object_id, asked=wanted, reason=wanted.reason)
    except InputError as error:
        return _form(request, context, who, kind, object_id, wanted, problem_of(error))
    if not posted:  # Somebody else was quicker: the form says so, and shows by whom and when.
        return _form(request, context, who, kind, object_id, wanted)
    return RedirectResponse(f"{HOME[kind]}/{object_id}#told", 303)


def _form(  # noqa: PLR0917 - what a page needs
    request: Request,
    context: Context,
    who: SignedIn,
    kind: str,
    object_id: int,
    wanted: Wanted,
    problem: Problem | None = None,
) -> HTMLResponse:
    with context.database.read() as session:
        found = preview(session, context, who, kind, object_id, asked=wanted)
        told = told_of(session, who.scope, kind, object_id)
        return page(
            request, "matter_send.html", status=problem.status if problem else 200, found=found, wanted=wanted,
            told=told, problem=problem, home=f"{HOME[kind]}/{object_id}", table=table(), all_places=PLACES,
            name_of=name_of, max_tries=context.settings.exchange_max_tries,
        )  # fmt: skip


@router.get("/matters", dependencies=[allow(Permission.MATTER_READ)])
def matter_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[MatterFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Leads and cases that others told us."""
    with context.database.read() as session:
        found = list_matters(session, who.scope, wanted, before=before)
        facets = matter_facets(session, who.scope)
        return page(request, "matters.html", found=found, facets=facets, wanted=wanted, before=before, name_of=name_of)


@router.get("/matters/{matter_id}", dependencies=[allow(Permission.MATTER_READ)])
def matter(request: Request, context: Ctx, who: Who, matter_id: RowNumber) -> HTMLResponse:
    """One of them: source, receipts, evidence, our shop and subject when they are the same."""
    return _matter(request, context, who, matter_id)


@router.post("/matters/{matter_id}/sealed", dependencies=[allow(Permission.MATTER_READ)])
def sealed(
    request: Request, context: Ctx, who: Who, matter_id: RowNumber, purpose: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """The same with its sealed fields opened for this one answer."""
    return _matter(request, context, who, matter_id, open_sealed(context, who, matter_id, purpose))


def _matter(request: Request, context: Context, who: SignedIn, matter_id: int, opened: object = None) -> HTMLResponse:
    with context.database.read() as session:
        detail = read_matter(session, who.scope, matter_id)
        order = tuple(schema(detail.row.kind, VERSIONS[detail.row.kind]).document["properties"])
        return page(request, "matter.html", detail=detail, opened=opened, name_of=name_of, order=order)
