"""Pages for a merchant who forgot the password, and the officer's page that hands out a code."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.merchant_access import OPEN
from api.merchant_recovery import CODE_LIFE, SiteProof, hand_out, reset_by_code, reset_by_site, site_proof
from api.policy import Permission
from api.row_number import RowNumber
from api.ui.rendering import page
from identity_verify.errors import RecoveryError
from kernel.errors import WangjianError

router = APIRouter(include_in_schema=False)
DONE = "/merchant/signin?recovered=1"
Text = Annotated[str, Form(max_length=1000)]


def _form(request: Request, *, problem: WangjianError | None = None, name: str = "", address: str = "") -> HTMLResponse:
    status = 422 if problem else 200
    return page(request, "merchant/recover.html", status=status, problem=problem, name=name, address=address)


@router.get("/merchant/recover", dependencies=[OPEN])
def merchant_recover_page(request: Request) -> Response:
    """Two ways back in."""
    return _form(request)


@router.post("/merchant/recover/code", dependencies=[OPEN])
def merchant_recover_by_code(
    request: Request, context: Ctx, name: Text = "", code: Text = "", password: Text = ""
) -> Response:
    """A new password by an officer's code."""
    try:
        digest = context.merchant_gate.hash(password)
        with context.database.write() as session:
            account = reset_by_code(session, name=name, code=code, password_hash=digest, at=context.now())
        if account is None:
            raise RecoveryError(
                "expected a code that was handed out within a day and the name it is for, got another",
                hint="登录名或验证码不对，或已过期。请核对；多次不对须到窗口重新领取。",
                context={"fields": {"code": "wrong"}},
            )
    except WangjianError as error:
        return _form(request, problem=error, name=name)
    return RedirectResponse(DONE, 303)


def _site_page(request: Request, wanted: SiteProof, *, problem: WangjianError | None = None) -> HTMLResponse:
    status = 422 if problem else 200
    return page(request, "merchant/recover_site.html", status=status, problem=problem, wanted=wanted)


@router.post("/merchant/recover/site", dependencies=[OPEN])
def merchant_recover_by_site(request: Request, context: Ctx, name: Text = "", address: Text = "") -> Response:
    """What to put on the site."""
    try:
        return _site_page(request, site_proof(name, address, at=context.now()))
    except WangjianError as error:
        return _form(request, problem=error, name=name, address=address)


@router.post("/merchant/recover/site/check", dependencies=[OPEN])
def merchant_recover_check(  # noqa: PLR0917 - a form's fields
    request: Request,
    context: Ctx,
    name: Text = "",
    address: Text = "",
    secret: Text = "",
    method: Annotated[str, Form(pattern="^(file|dns)$")] = "file",
    password: Text = "",
) -> Response:
    """Look, and set the new password."""
    wanted = site_proof(name, address, secret=secret or "none", at=context.now())
    try:
        reset_by_site(context, wanted, method=method, password_hash=context.merchant_gate.hash(password))
    except WangjianError as error:
        return _site_page(request, wanted, problem=error)
    return RedirectResponse(DONE, 303)


@router.post("/applications/{application_id}/recovery", dependencies=[allow(Permission.APPLICATION_DECIDE)])
def application_recovery(
    request: Request, context: Ctx, who: Who, application_id: RowNumber, checked: Text = ""
) -> HTMLResponse:
    """A one-time code for the merchant at the counter, shown once."""
    at = context.now()
    with context.database.write() as session:
        code = hand_out(session, application_id, actor=who.scope.name, checked=checked, at=at)
    response = page(
        request, "application_code.html", code=code, application_id=application_id, expires_at=at + CODE_LIFE,
        address=f"{context.web_origin}/merchant/recover",
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response
