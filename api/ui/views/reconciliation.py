"""Reconciliations and offline packages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.exchange_desk import release_package, withdraw_package
from api.policy import Permission
from api.queries.offline_packages import PackageFilter, find_package, list_packages, package_facets
from api.queries.reconciliations import (
    DifferenceFilter,
    ReconciliationFilter,
    list_reconciliations,
    read_reconciliation,
    reconciliation_facets,
)
from api.row_number import RowNumber
from api.ui.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/exchange/reconciliations", dependencies=[allow(Permission.EXCHANGE_READ)])
def reconciliation_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[ReconciliationFilter, Depends()],
    before: str | None = None,
) -> HTMLResponse:
    """Reconciliations, newest day first."""
    with context.database.read() as session:
        return page(
            request,
            "reconciliations.html",
            found=list_reconciliations(session, who.scope, wanted, before=before),
            facets=reconciliation_facets(session, who.scope),
            wanted=wanted,
            before=before,
        )


@router.get("/exchange/reconciliations/{reconciliation_id}", dependencies=[allow(Permission.EXCHANGE_READ)])
def reconciliation(  # noqa: PLR0917 - filters of a page
    request: Request,
    context: Ctx,
    who: Who,
    reconciliation_id: str,
    wanted: Annotated[DifferenceFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """One reconciliation with its differences and both signatures."""
    with context.database.read() as session:
        detail = read_reconciliation(session, who.scope, reconciliation_id, wanted, before=before)
        return page(request, "reconciliation.html", detail=detail, wanted=wanted, before=before)


@router.get("/exchange/offline", dependencies=[allow(Permission.EXCHANGE_READ)])
def package_list(request: Request, context: Ctx, who: Who, wanted: Annotated[PackageFilter, Depends()]) -> HTMLResponse:
    """Packages that left and that came."""
    with context.database.read() as session:
        rows, facets = list_packages(session, who.scope, wanted), package_facets(session, who.scope)
        return page(request, "offline_packages.html", rows=rows, facets=facets, wanted=wanted)


@router.get("/exchange/offline/{package_id}", dependencies=[allow(Permission.EXCHANGE_READ)])
def package(request: Request, context: Ctx, who: Who, package_id: str) -> HTMLResponse:
    """One package with its officers and its receipt."""
    with context.database.read() as session:
        return page(request, "offline_package.html", detail=find_package(session, who.scope, package_id))


@router.post("/exchange/offline/{package_id}/release", dependencies=[allow(Permission.OFFLINE_RELEASE)])
def release(context: Ctx, who: Who, package_id: str, password: Annotated[str, Form(max_length=200)] = "") -> Response:
    """An officer agrees that a package leaves."""
    release_package(context, who, package_id, password)
    return RedirectResponse(f"/exchange/offline/{package_id}", 303)


@router.post("/exchange/offline/{package_id}/withdraw", dependencies=[allow(Permission.OFFLINE_RELEASE)])
def withdraw(context: Ctx, who: Who, package_id: str) -> Response:
    """Take back a package that was not released."""
    withdraw_package(context, who, package_id)
    return RedirectResponse("/exchange/offline", 303)
