"""Users, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.policy import ROLES, Permission
from api.queries.users import NewUser, add_user, change_user, give_ticket, list_users, read_user
from api.row_number import RowNumber
from api.ui.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/users", dependencies=[allow(Permission.USER_MANAGE)])
def user_list(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """Everybody who may sign in."""
    with context.database.read() as session:
        return page(request, "users.html", users=list_users(session, who.scope), roles=ROLES)


@router.post("/users", dependencies=[allow(Permission.USER_MANAGE)])
def add(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    name: Annotated[str, Form()] = "",
    display_name: Annotated[str, Form()] = "",
    certificate_number: Annotated[str, Form()] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    roles: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """Let a person in."""
    digest = context.gate.hash(password) if password else ""
    new = NewUser(name.strip(), display_name.strip(), certificate_number.strip(), roles, digest)
    with context.database.write() as session:
        add_user(session, who.scope, new, at=context.now())
    return RedirectResponse("/users", 303)


@router.post("/users/{user_id}", dependencies=[allow(Permission.USER_MANAGE)])
def change(
    context: Ctx,
    who: Who,
    user_id: RowNumber,
    roles: Annotated[tuple[str, ...], Form()] = (),
    active: Annotated[str, Form()] = "",
) -> Response:
    """Change roles, or switch an account on or off."""
    with context.database.write() as session:
        change_user(session, who.scope, user_id, roles=roles, active=bool(active), at=context.now())
    return RedirectResponse("/users", 303)


@router.post("/users/{user_id}/ticket", dependencies=[allow(Permission.USER_MANAGE)])
def ticket(request: Request, context: Ctx, who: Who, user_id: RowNumber) -> HTMLResponse:
    """A one-time sign-in for a user, shown once."""
    with context.database.write() as session:
        secret = give_ticket(session, who.scope, user_id, at=context.now())
        user = read_user(session, who.scope, user_id)
    return page(request, "user_ticket.html", user=user, link=f"{context.web_origin}/signin/once?ticket={secret}")
