"""The sign-in of an API client, and the OpenAPI description."""

from fastapi import APIRouter, Request, Response

from api.access import Who, allow, cookie_name
from api.auth import SignedIn, close_session, find_session, open_session, stored_password, try_password
from api.context import Ctx
from api.errors import SignInFailedError
from api.policy import Permission
from api.schemas.user import SessionOut, SignInIn
from api.session_cookie import set_session_cookie

router = APIRouter(prefix="/api/v1", tags=["session"])


def _out(who: SignedIn) -> SessionOut:
    return SessionOut(
        name=who.scope.name,
        display_name=who.display_name,
        roles=list(who.roles),
        permissions=sorted(who.scope.permissions),
        csrf_token=who.csrf_token,
    )


@router.post("/session", dependencies=[allow(Permission.PUBLIC)])
def sign_in(context: Ctx, response: Response, body: SignInIn) -> SessionOut:
    """Sign in by name and password; the answer sets the session cookie."""
    name = body.name[:60]
    stored = stored_password(context.database, name)
    right = context.gate.matches(stored, body.password)
    with context.database.write() as session:
        at = context.now()
        user = try_password(session, name=name, stored=stored, right=right, at=at)
        who = token = None
        if not isinstance(user, str):
            token = open_session(session, user, hours=context.settings.session_hours, at=at, how="api")
            session.flush()
            who = find_session(session, token, at=at)
    if who is None or token is None:
        raise SignInFailedError("expected a name and its password, got something else", hint="登录名或口令不对。")
    set_session_cookie(response, context, token)
    return _out(who)


@router.get("/session", dependencies=[allow(Permission.SIGNED_IN)])
def read_session(who: Who) -> SessionOut:
    """Who is signed in, what they may do, and the CSRF token."""
    return _out(who)


@router.delete("/session", dependencies=[allow(Permission.SIGNED_IN)], status_code=204)
def sign_out(context: Ctx, response: Response, who: Who) -> None:
    """Sign out."""
    with context.database.write() as session:
        close_session(session, who, at=context.now())
    response.delete_cookie(cookie_name(context), path="/", secure=context.https, httponly=True, samesite="lax")


@router.get("/openapi.json", dependencies=[allow(Permission.SIGNED_IN)])
def openapi(request: Request) -> dict[str, object]:
    """This description."""
    description: dict[str, object] = request.app.openapi()
    return description
