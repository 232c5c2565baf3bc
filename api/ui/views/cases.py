"""Cases: list, filing, one case with its steps."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.matter_desk import file_case, move_case
from api.policy import Permission
from api.queries.cases import CaseFilter, case_facets, list_cases, read_case
from api.queries.matters import told_of
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange.matter_content import CASE
from exchange.organisation import name_of
from supervision.case_file import Filing

router = APIRouter(include_in_schema=False)
Words = Annotated[str, Form(max_length=2_000)]


@router.get("/cases", dependencies=[allow(Permission.CASE_READ)])
def case_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[CaseFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Cases, newest first."""
    with context.database.read() as session:
        found = list_cases(session, who.scope, wanted, before=before)
        facets = case_facets(session, who.scope)
        return page(request, "cases.html", found=found, facets=facets, wanted=wanted, before=before)


@router.post("/cases", dependencies=[allow(Permission.CASE_WRITE)])
def file(  # noqa: PLR0917 - the fields of a form
    context: Ctx,
    who: Who,
    number: Words,
    title: Words,
    cause: Words = "",
    second: Words = "",
    region: Words = "",
    hit_id: Annotated[RowNumber | None, Form()] = None,
) -> Response:
    """File a case; the one who files it handles it with a second officer."""
    officers = (who.scope.name, *second.replace("，", ",").split(","))
    filing = Filing(number, title, cause, hit_id, region, officers)
    return RedirectResponse(f"/cases/{file_case(context, who, filing)}", 303)


@router.get("/cases/{case_id}", dependencies=[allow(Permission.CASE_READ)])
def case(request: Request, context: Ctx, who: Who, case_id: RowNumber) -> HTMLResponse:
    """One case: state, deadline, evidence, whom it was told."""
    with context.database.read() as session:
        detail = read_case(session, who.scope, case_id)
        told = told_of(session, who.scope, CASE, case_id)
        return page(
            request, "case.html", detail=detail, told=told, name_of=name_of,
            max_tries=context.settings.exchange_max_tries,
        )  # fmt: skip


@router.post("/cases/{case_id}/steps", dependencies=[allow(Permission.CASE_WRITE)])
def step(context: Ctx, who: Who, case_id: RowNumber, state: Words, reason: Words = "") -> Response:
    """Take it one step on."""
    move_case(context, who, case_id, state, reason)
    return RedirectResponse(f"/cases/{case_id}", 303)
