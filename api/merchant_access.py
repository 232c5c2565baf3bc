"""The gate of every page of merchants: their own cookie, their own session, requests from our own pages.

Spec: OWASP ASVS 5.0 3.3, 3.5.1, 8.2 (sessions of different kinds of users are kept apart).
"""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Annotated

from fastapi import Depends, Request, Response

from api.access import CSRF_FIELD, CSRF_HEADER, FORM_TYPES, SAFE_METHODS, identify, is_own_origin, request_kind
from api.context import Context, Ctx
from api.errors import CsrfError, ForbiddenError, NotSignedInError
from api.merchant_auth import MerchantSignedIn, find_session
from api.policy import Permission
from api.session_cookie import set_session_cookie
from kernel.crypto import same_secret


def cookie_name(context: Context) -> str:
    """Name of merchants' cookie; never the officers'."""
    return "__Host-wangjian-merchant" if context.https else "wangjian_merchant"


def identify_merchant(request: Request, context: Ctx) -> MerchantSignedIn | None:
    """Which merchant sends this request, or None."""
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(cookie_name(context))
    except CookieError:
        morsel = None
    merchant = None
    if morsel and morsel.value:
        with context.database.read() as session:
            merchant = find_session(session, morsel.value, at=context.now())
    request.state.merchant = merchant
    return merchant


Visiting = Annotated[MerchantSignedIn | None, Depends(identify_merchant)]


async def check_csrf(request: Request, context: Ctx, merchant: Visiting) -> None:
    """Refuse an unsafe request that may come from another site, by its origin and by the token of this sign-in."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin", "")
    if (origin and not is_own_origin(origin, context)) or (not origin and merchant is None):
        raise CsrfError("expected a request from our own pages, got one from elsewhere", hint="请在本系统页面内操作。")
    if merchant is None:
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request_kind(request) in FORM_TYPES:
        value = (await request.form()).get(CSRF_FIELD, "")
        given = value if isinstance(value, str) else ""
    if not same_secret(given, merchant.csrf_token):
        raise CsrfError("expected the token of this sign-in, got another or none", hint="页面已过期，请刷新后重试。")


OwnPage = Annotated[None, Depends(check_csrf)]


@dataclass(frozen=True, slots=True)
class PublicDoor:
    """A page of merchants that anybody may open."""

    permission: Permission = Permission.PUBLIC

    def __call__(self, _csrf: OwnPage) -> None:
        """Only that the request comes from our own pages is checked."""


def signed_in_merchant(request: Request, context: Ctx, merchant: Visiting) -> MerchantSignedIn:
    """The merchant, or a refusal; an officer is told that this is not their door.

    Raises:
        NotSignedInError: nobody. ForbiddenError: an officer who is not signed in as a merchant.
    """
    if merchant is not None:
        return merchant
    if identify(request, context) is not None:
        request.state.who = None
        raise ForbiddenError(
            "expected a merchant's sign-in, got an officer's",
            hint="这是经营者的页面。执法人员请在“标识申请”中办理，或用经营者账号登录。",
        )
    raise NotSignedInError("expected a merchant's sign-in, got none or one that is over", hint="请登录后再试。")


Merchant = Annotated[MerchantSignedIn, Depends(signed_in_merchant)]


@dataclass(frozen=True, slots=True)
class MerchantDoor:
    """A page for signed-in merchants alone."""

    permission: Permission = Permission.MERCHANT

    def __call__(self, _merchant: Merchant, _csrf: OwnPage) -> None:
        """Refuse all others."""


OPEN = Depends(PublicDoor())
MERCHANTS_ONLY = Depends(MerchantDoor())


def set_cookie(response: Response, context: Context, token: str) -> None:
    """Give the browser a merchant's sign-in: not readable by scripts, not sent from other sites' forms."""
    set_session_cookie(response, context, token, cookie_name(context))
