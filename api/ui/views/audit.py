"""The audit trail, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.access import Who, allow
from api.context import Ctx
from api.policy import Permission
from api.queries.audit_trail import AuditFilter, list_audit
from api.row_number import RowNumber
from api.ui.rendering import is_fragment, page
from kernel import audit

router = APIRouter(include_in_schema=False)


@router.get("/audit", dependencies=[allow(Permission.AUDIT_READ)])
def trail(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[AuditFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Entries, newest first."""
    with context.database.read() as session:
        found = list_audit(session, who.scope, wanted, before=before)
    return page(request, "audit.html", found=found, wanted=wanted, check=None, before=before)


@router.post("/audit/check", dependencies=[allow(Permission.AUDIT_READ)])
def check(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """Recompute the whole chain."""
    with context.database.read() as session:
        result = audit.verify(session)
        found = list_audit(session, who.scope, AuditFilter())
    if is_fragment(request):
        return page(request, "fragments/audit_check.html", check=result)
    return page(request, "audit.html", found=found, wanted=AuditFilter(), check=result, before=None)
