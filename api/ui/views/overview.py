"""The first page and the help pages."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from api.access import Who, allow, declared
from api.context import Ctx
from api.policy import Permission
from api.queries.open_work import read_open_work
from api.queries.overview import read_overview
from api.ui.rendering import page
from search.vocabulary import FIELDS

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[allow(Permission.OVERVIEW_READ)])
def overview(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """Figures that open their rows."""
    with context.database.read() as session:
        work = read_open_work(session, who.scope, at=context.now())
        return page(request, "overview.html", figures=read_overview(session, who.scope), work=work)


@router.get("/help", dependencies=[allow(Permission.SIGNED_IN)])
def help_page(request: Request) -> HTMLResponse:
    """The query language, the keys, what the words mean."""
    return page(request, "help.html", query_fields=FIELDS)


@router.get("/help/api", dependencies=[allow(Permission.SIGNED_IN)])
def api_page(request: Request, who: Who) -> HTMLResponse:
    """The JSON API as a plain list: what this person may call."""
    rows = []
    for route in request.app.routes:
        permission = declared(route)
        if isinstance(route, APIRoute) and route.include_in_schema and permission:
            held = permission is Permission.PUBLIC or who.scope.may(permission)
            text = (route.description or "").partition("\n")[0]
            rows += [(method, route.path, text, permission, held) for method in sorted(route.methods or ())]
    return page(request, "help_api.html", rows=rows)
