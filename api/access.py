"""The gate of every route: who asks, may they, and does the request come from our own pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from api.auth import SignedIn, find_session
from api.context import Context, Ctx
from api.errors import CsrfError, ForbiddenError, NotSignedInError, UndeclaredRouteError
from api.policy import Permission
from kernel.crypto import same_secret

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PUBLIC_MOUNTS = frozenset({"/static"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def cookie_name(context: Context) -> str:
    """Name of the session cookie; the prefix makes the browser bind it to this host and https."""
    return "__Host-wangjian" if context.https else "wangjian"


def session_token(context: Context, cookie_header: str) -> str:
    """The session secret in a ``Cookie`` header, or empty."""
    try:
        morsel = SimpleCookie(cookie_header).get(cookie_name(context))
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def identify(request: Request, context: Ctx) -> SignedIn | None:
    """Who sends this request, or None. The answer is kept for error pages."""
    token = session_token(context, request.headers.get("cookie", ""))
    who = None
    if token:
        with context.database.read() as session:
            who = find_session(session, token, at=context.now())
    request.state.who = who
    return who


Visitor = Annotated[SignedIn | None, Depends(identify)]


def signed_in(who: Visitor) -> SignedIn:
    """The person, or a refusal."""
    if who is None:
        raise NotSignedInError("expected a sign-in, got none or one that is over", hint="请登录后再试。")
    return who


Who = Annotated[SignedIn, Depends(signed_in)]


async def check_csrf(request: Request, context: Ctx, who: Visitor) -> None:
    """Refuse an unsafe request that may come from another site.

    The ``Origin`` header must be ours where it is sent. With a sign-in, the token of that sign-in must
    come with it as form field or header. Without one (signing in, choosing a language), a request
    must carry ``Origin`` or be JSON, which other sites cannot send without asking first.

    Spec: OWASP ASVS 5.0 3.5.1; Fetch Standard on ``Origin``.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin", "")
    if origin and not is_own_origin(origin, context):
        raise CsrfError("expected a request from our own pages, got one from elsewhere", hint="请在本系统页面内操作。")
    if who is None:
        if not origin and request_kind(request) != "application/json":
            raise CsrfError("expected an Origin header, got none", hint="请在本系统页面内操作。")
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request_kind(request) in FORM_TYPES:
        value = (await request.form()).get(CSRF_FIELD, "")
        given = value if isinstance(value, str) else ""
    if not same_secret(given, who.csrf_token):
        raise CsrfError("expected the token of this sign-in, got another or none", hint="页面已过期，请刷新后重试。")


def request_kind(request: Request) -> str:
    """Media type of a request's body, lower case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_own_origin(origin: str, context: Context) -> bool:
    """True when an ``Origin`` header names this interface."""
    parts = urlsplit(origin)
    own = urlsplit(context.web_origin)
    return parts.scheme == own.scheme and parts.netloc.lower() in context.allowed_hosts()


Csrf = Annotated[None, Depends(check_csrf)]


def allow_from_anywhere() -> Any:
    """For what is public and does nothing in the sender's name: pages of others may ask for it, also by POST."""
    return Depends(Anywhere(Permission.PUBLIC))


def allow(permission: Permission) -> Any:
    """The dependency that declares and enforces a route's permission: ``dependencies=[allow(…)]``."""
    if permission is Permission.PUBLIC:
        return Depends(Public(permission))
    return Depends(Holder(permission))


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may."""

    permission: Permission

    def __call__(self, _csrf: Csrf) -> None:
        """Only that the request comes from our own pages is checked."""


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Anybody may, from anywhere; who asks is not looked up, so that the answer is the same for all."""

    permission: Permission

    async def __call__(self) -> None:
        """Nothing is checked."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Only a person whose roles hold the permission."""

    permission: Permission

    def __call__(self, who: Who, _csrf: Csrf) -> None:
        """Refuse all others.

        Raises:
            ForbiddenError: signed in, but not allowed.
        """
        if not who.scope.may(self.permission):
            raise ForbiddenError(
                f"expected the permission {self.permission}, got roles {', '.join(who.roles) or 'none'}",
                hint="如确需此功能，请联系管理员调整角色。",
            )


def declared(route: BaseRoute) -> Permission | None:
    """The permission a route names, or None."""
    if isinstance(route, Mount):
        return Permission.PUBLIC if route.path in PUBLIC_MOUNTS else None
    if not isinstance(route, APIRoute):
        return None
    for dependency in route.dependant.dependencies:
        permission = getattr(dependency.call, "permission", None)
        if isinstance(permission, Permission):
            return permission
    return None


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Refuse an application with a route that names no permission.

    Raises:
        UndeclaredRouteError: naming every such route.
    """
    bare = [str(getattr(route, "path", route)) for route in routes if declared(route) is None]
    if bare:
        raise UndeclaredRouteError(
            f"expected every route to declare its permission, got none on: {', '.join(sorted(bare))}",
            hint="Add dependencies=[allow(Permission.…)] to the route.",
        )
