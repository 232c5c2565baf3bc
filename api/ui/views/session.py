"""Signing in and out, language and theme, one's own account."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visitor, Who, allow, cookie_name
from api.auth import close_session, open_session, stored_password, try_password, use_ticket
from api.context import Ctx
from api.errors import SignInFailedError
from api.locations import local_path
from api.policy import Permission
from api.queries.users import set_password
from api.session_cookie import set_session_cookie
from api.ui.catalogue import LANGUAGES
from api.ui.rendering import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, page

router = APIRouter(include_in_schema=False)
YEAR_SECONDS = 365 * 24 * 3600
SEE_OTHER = 303


@router.get("/signin", dependencies=[allow(Permission.PUBLIC)])
def sign_in_page(request: Request, who: Visitor, goto: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The sign-in form."""
    if who is not None:
        return RedirectResponse(local_path(goto), SEE_OTHER)
    return page(request, "signin.html", goto=local_path(goto), failed=False, name="")


@router.post("/signin", dependencies=[allow(Permission.PUBLIC)])
def sign_in(
    request: Request,
    context: Ctx,
    name: Annotated[str, Form(max_length=60)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    goto: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Sign in by name and password."""
    stored = stored_password(context.database, name)
    right = context.gate.matches(stored, password)
    with context.database.write() as session:
        at = context.now()
        user = try_password(session, name=name, stored=stored, right=right, at=at)
        token = ""
        if not isinstance(user, str):
            token = open_session(session, user, hours=context.settings.session_hours, at=at, how="password")
    if not token:
        return page(request, "signin.html", status=401, goto=local_path(goto), failed=True, name=name)
    response = RedirectResponse(local_path(goto), SEE_OTHER)
    set_session_cookie(response, context, token)
    return response


@router.get("/signin/once", dependencies=[allow(Permission.PUBLIC)])
def ticket_page(request: Request, ticket: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """Ask before a one-time sign-in is used, so that link previews do not use it up."""
    return page(request, "signin_once.html", ticket=ticket, failed=False)


@router.post("/signin/once", dependencies=[allow(Permission.PUBLIC)])
def ticket_sign_in(request: Request, context: Ctx, ticket: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Use a one-time sign-in."""
    try:
        with context.database.write() as session:
            at = context.now()
            user = use_ticket(session, ticket, at=at)
            token = open_session(session, user, hours=context.settings.session_hours, at=at, how="ticket")
    except SignInFailedError:
        return page(request, "signin_once.html", status=401, ticket="", failed=True)
    response = RedirectResponse("/", SEE_OTHER)
    set_session_cookie(response, context, token)
    return response


@router.post("/signout", dependencies=[allow(Permission.SIGNED_IN)])
def sign_out(context: Ctx, who: Who) -> Response:
    """Sign out."""
    with context.database.write() as session:
        close_session(session, who, at=context.now())
    response = RedirectResponse("/signin", SEE_OTHER)
    response.delete_cookie(cookie_name(context), path="/", secure=context.https, httponly=True, samesite="lax")
    return response


@router.post("/preferences", dependencies=[allow(Permission.PUBLIC)])
def set_preferences(
    context: Ctx,
    goto: Annotated[str, Form(alias="next")] = "/",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
) -> Response:
    """Choose language or theme for this browser."""
    response = RedirectResponse(local_path(goto), SEE_OTHER)
    for name, value, known in ((LANGUAGE_COOKIE, language, LANGUAGES), (THEME_COOKIE, theme, THEMES)):
        if value in known:
            response.set_cookie(
                name, value, max_age=YEAR_SECONDS, path="/", secure=context.https, httponly=True, samesite="lax"
            )
    return response


@router.get("/account", dependencies=[allow(Permission.SIGNED_IN)])
def account(request: Request, saved: bool = False) -> HTMLResponse:  # noqa: FBT001, FBT002 - a query parameter
    """One's own account."""
    return page(request, "account.html", saved=saved)


@router.post("/account/password", dependencies=[allow(Permission.SIGNED_IN)])
def change_password(context: Ctx, who: Who, password: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Set one's own password."""
    digest = context.gate.hash(password)
    with context.database.write() as session:
        set_password(session, who, password_hash=digest, at=context.now())
    return RedirectResponse("/account?saved=true", SEE_OTHER)
