"""The merchants' portal: an account, an application, sites with their proofs, the badge. With a sign-in of its own."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import Context, Ctx
from api.locations import local_path
from api.merchant_access import (
    MERCHANTS_ONLY,
    OPEN,
    Merchant,
    Visiting,
    cookie_name,
    set_cookie,
)
from api.merchant_auth import SignUp, close_session, open_session, register, stored_password, try_password
from api.merchant_desk import Desk
from api.queries.applications import own_journey, own_journeys
from api.row_number import RowNumber
from api.ui.catalogue import LANGUAGES
from api.ui.rendering import LANGUAGE_COOKIE, page
from identity_verify.application import Wish
from identity_verify.badge_issuer import issuer_of
from identity_verify.doubts import CATEGORIES
from identity_verify.errors import ApplicationUnknownError
from identity_verify.proven_site import SiteScope
from identity_verify.site_claims import Claim
from kernel.errors import WangjianError
from kernel.models import Badge

router = APIRouter(include_in_schema=False)
SEE_OTHER = 303
YEAR_SECONDS = 365 * 24 * 3600
HOME = "/merchant"
UNKNOWN = ApplicationUnknownError.code
Text = Annotated[str, Form(max_length=1000)]


def _inside(goto: str) -> str:
    """A place of the portal to go on to, or its first page."""
    path = local_path(goto)
    return path if path == HOME or path.startswith(f"{HOME}/") else HOME


@router.get("/merchant/signin", dependencies=[OPEN])
def merchant_sign_in_page(
    request: Request, merchant: Visiting, goto: Annotated[str, Query(alias="next")] = HOME, recovered: str = ""
) -> Response:
    """The merchants' sign-in form."""
    if merchant is not None:
        return RedirectResponse(_inside(goto), SEE_OTHER)
    return page(request, "merchant/signin.html", goto=_inside(goto), failed=False, name="", recovered=bool(recovered))


@router.post("/merchant/signin", dependencies=[OPEN])
def merchant_sign_in(
    request: Request,
    context: Ctx,
    name: Annotated[str, Form(max_length=60)] = "",
    password: Text = "",
    goto: Annotated[str, Form(alias="next")] = HOME,
) -> Response:
    """Sign in as a merchant."""
    stored = stored_password(context.database, name)
    right = context.merchant_gate.matches(stored, password)
    with context.database.write() as session:
        at = context.now()
        account = try_password(session, name=name, stored=stored, right=right, at=at)
        token = open_session(session, account, hours=context.settings.session_hours, at=at) if account else ""
    if not token:
        return page(
            request, "merchant/signin.html", status=401, goto=_inside(goto), failed=True, name=name, recovered=False
        )
    response = RedirectResponse(_inside(goto), SEE_OTHER)
    set_cookie(response, context, token)
    return response


@router.get("/merchant/register", dependencies=[OPEN])
def merchant_register_page(request: Request, merchant: Visiting) -> Response:
    """The form for a new account."""
    if merchant is not None:
        return RedirectResponse(HOME, SEE_OTHER)
    return page(request, "merchant/register.html", problem=None, form={})


@router.post("/merchant/register", dependencies=[OPEN])
def merchant_register(  # noqa: PLR0917 - a form's fields
    request: Request, context: Ctx, name: Text = "", display_name: Text = "", contact: Text = "", password: Text = ""
) -> Response:
    """Make an account and sign in."""
    try:
        digest = context.merchant_gate.hash(password)
        with context.database.write() as session:
            at = context.now()
            account = register(session, SignUp(name, display_name, contact, digest), at=at)
            token = open_session(session, account, hours=context.settings.session_hours, at=at)
    except WangjianError as error:
        form = {"name": name, "display_name": display_name, "contact": contact}
        return page(request, "merchant/register.html", status=422, problem=error, form=form)
    response = RedirectResponse(f"{HOME}/apply", SEE_OTHER)
    set_cookie(response, context, token)
    return response


@router.post("/merchant/signout", dependencies=[MERCHANTS_ONLY])
def merchant_sign_out(context: Ctx, merchant: Merchant) -> Response:
    """Sign out."""
    with context.database.write() as session:
        close_session(session, merchant, at=context.now())
    response = RedirectResponse("/merchant/signin", SEE_OTHER)
    response.delete_cookie(cookie_name(context), path="/", secure=context.https, httponly=True, samesite="lax")
    return response


@router.post("/merchant/preferences", dependencies=[OPEN])
def merchant_preferences(
    context: Ctx, goto: Annotated[str, Form(alias="next")] = HOME, language: Annotated[str, Form()] = ""
) -> Response:
    """Choose the language for this browser."""
    response = RedirectResponse(_inside(goto), SEE_OTHER)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, path="/", secure=context.https, httponly=True,
            samesite="lax",
        )  # fmt: skip
    return response


@router.get("/merchant", dependencies=[MERCHANTS_ONLY])
def merchant_home(request: Request, context: Ctx, merchant: Merchant) -> Response:
    """One's applications; without any, the form."""
    with context.database.read() as session:
        rows = own_journeys(session, merchant.account_id)
    if not rows:
        return RedirectResponse(f"{HOME}/apply", SEE_OTHER)
    return page(request, "merchant/home.html", rows=rows)


@router.get("/merchant/apply", dependencies=[MERCHANTS_ONLY])
def merchant_apply_page(request: Request, context: Ctx, merchant: Merchant, again: RowNumber | None = None) -> Response:
    """The form for a code; filled in with a draft that was sent back."""
    form: dict[str, object] = {"category": "general"}
    if again is not None:
        with context.database.read() as session:
            row = own_journey(session, merchant.account_id, again, delegate="").row
            form = {
                "code": row.code, "name": row.declared_name, "representative": row.representative,
                "category": row.category,
            }  # fmt: skip
    return page(request, "merchant/apply.html", problem=None, form=form, categories=CATEGORIES)


@router.post("/merchant/apply", dependencies=[MERCHANTS_ONLY])
def merchant_apply(  # noqa: PLR0917 - a form's fields
    request: Request,
    context: Ctx,
    merchant: Merchant,
    code: Text = "",
    name: Text = "",
    representative: Text = "",
    category: Text = "general",
    certified: Text = "",
) -> Response:
    """Begin by a code."""
    try:
        number = Desk(context, merchant).apply(Wish(code, name, representative, category, bool(certified)))
    except WangjianError as error:
        form = {"code": code, "name": name, "representative": representative, "category": category}
        return page(request, "merchant/apply.html", status=422, problem=error, form=form, categories=CATEGORIES)
    return RedirectResponse(f"{HOME}/applications/{number}", SEE_OTHER)


@router.get("/merchant/applications/{application_id}", dependencies=[MERCHANTS_ONLY])
def merchant_application(request: Request, context: Ctx, merchant: Merchant, application_id: RowNumber) -> HTMLResponse:
    """The whole way of one application on one page."""
    return _journey_page(request, context, merchant, application_id)


def _journey_page(
    request: Request,
    context: Ctx,
    merchant: Merchant,
    application_id: int,
    *,
    problem: WangjianError | None = None,
    address: str = "",
) -> HTMLResponse:
    with context.database.read() as session:
        found = own_journey(session, merchant.account_id, application_id, delegate=context.settings.identity_delegate)
    status = 422 if problem else 200
    return page(
        request, "merchant/application.html", status=status, journey=found, problem=problem, address=address,
        embed=_embed_code(context, found.badge),
    )  # fmt: skip


@router.post("/merchant/applications/{application_id}/sites", dependencies=[MERCHANTS_ONLY])
def merchant_add_site(  # noqa: PLR0917 - a form's fields
    request: Request,
    context: Ctx,
    merchant: Merchant,
    application_id: RowNumber,
    address: Text = "",
    kind: Annotated[str, Form(pattern="^(site|shop)$")] = "site",
    scope: Annotated[SiteScope, Form()] = "host",
) -> Response:
    """Claim a site or shop."""
    try:
        claim = Desk(context, merchant).add_site(application_id, Claim(address, scope, kind))
    except WangjianError as error:
        if error.code == UNKNOWN:
            raise
        return _journey_page(request, context, merchant, application_id, problem=error, address=address)
    return _back(application_id, claim)


@router.post("/merchant/applications/{application_id}/sites/{claim_id}/check", dependencies=[MERCHANTS_ONLY])
def merchant_check(  # noqa: PLR0917 - a form's fields
    request: Request,
    context: Ctx,
    merchant: Merchant,
    application_id: RowNumber,
    claim_id: RowNumber,
    method: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Look now whether the proof is there."""
    try:
        Desk(context, merchant).check(application_id, claim_id, method)
    except WangjianError as error:
        if error.code == UNKNOWN:
            raise
        return _journey_page(request, context, merchant, application_id, problem=error)
    return _back(application_id, claim_id)


@router.post("/merchant/applications/{application_id}/sites/{claim_id}/token", dependencies=[MERCHANTS_ONLY])
def merchant_new_token(context: Ctx, merchant: Merchant, application_id: RowNumber, claim_id: RowNumber) -> Response:
    """A new token."""
    Desk(context, merchant).renew_token(application_id, claim_id)
    return _back(application_id, claim_id)


@router.post("/merchant/applications/{application_id}/sites/{claim_id}/drop", dependencies=[MERCHANTS_ONLY])
def merchant_drop_site(context: Ctx, merchant: Merchant, application_id: RowNumber, claim_id: RowNumber) -> Response:
    """Take a site out."""
    Desk(context, merchant).drop_site(application_id, claim_id)
    return _back(application_id)


@router.post("/merchant/applications/{application_id}/withdraw", dependencies=[MERCHANTS_ONLY])
def merchant_withdraw(context: Ctx, merchant: Merchant, application_id: RowNumber) -> Response:
    """End one's application."""
    Desk(context, merchant).withdraw(application_id)
    return _back(application_id)


def _back(application_id: int, claim_id: int = 0) -> Response:
    anchor = f"#site-{claim_id}" if claim_id else ""
    return RedirectResponse(f"{HOME}/applications/{application_id}{anchor}", SEE_OTHER)


def _embed_code(context: Context, badge: Badge | None) -> str:
    """What a merchant puts into the page; the frame shows itself on the registered sites alone."""
    if badge is None:
        return ""
    source = issuer_of(context.settings).frame(badge.id)
    return f'<iframe src="{source}" width="280" height="120" title="网上经营者电子标识"></iframe>'
