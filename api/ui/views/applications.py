"""Merchants' applications, for officers: what waits, what was entered and what the registry says, decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.application_decision import DECISIONS, decide
from api.context import Ctx
from api.errors import InputError
from api.policy import Permission
from api.queries.applications import ApplicationFilter, list_applications, read_journey, waiting
from api.row_number import RowNumber
from api.ui.rendering import page
from identity_verify.journey import STATES

router = APIRouter(include_in_schema=False)


@router.get("/applications", dependencies=[allow(Permission.APPLICATION_READ)])
def application_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[ApplicationFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """All applications, or those that wait."""
    with context.database.read() as session:
        found = list_applications(session, who.scope, wanted, before=before)
        count = waiting(session, who.scope)
        return page(
            request, "applications.html", found=found, wanted=wanted, before=before, states=STATES, waiting=count
        )


@router.get("/applications/{application_id}", dependencies=[allow(Permission.APPLICATION_READ)])
def application(request: Request, context: Ctx, who: Who, application_id: RowNumber) -> HTMLResponse:
    """One application: entered and registered side by side, sites, proofs, steps."""
    with context.database.read() as session:
        found = read_journey(session, who.scope, application_id, delegate=context.settings.identity_delegate)
    return page(request, "application.html", journey=found)


@router.post("/applications/{application_id}/decision", dependencies=[allow(Permission.APPLICATION_DECIDE)])
def application_decision(
    context: Ctx,
    who: Who,
    application_id: RowNumber,
    decision: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Grant, send back, suspend, lift or revoke."""
    if decision not in DECISIONS:
        raise InputError(
            f"expected one of {', '.join(DECISIONS)}, got {decision!r}",
            hint="请用页面上的按钮。",
            context={"fields": {"decision": "unknown"}},
        )
    decide(context, who, application_id, decision, note)
    return RedirectResponse(f"/applications/{application_id}", 303)
