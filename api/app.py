"""The application: ``uvicorn api.app:create_app --factory``."""

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from api import routes
from api.access import check_routes
from api.badge_door import BadgeDoor
from api.context import Context, context_of
from api.errors import PROBLEM_TYPE, InputError, NotSignedInError, Problem, TooManyError, problem_of
from api.guard import Guard, security_headers
from api.routes.badges import ANSWER
from api.ui import views
from api.ui.rendering import page
from api.ui.views.static_files import StaticFolder
from kernel import clock
from kernel.config import Settings
from kernel.config import settings as read_settings
from kernel.errors import WangjianError

logger = logging.getLogger(__name__)
CODE_OF_STATUS = {404: "api.not_found", 405: "api.method", 413: "api.too_large"}


def create_app(settings: Settings | None = None, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The interface and the API over one installation.

    Args:
        settings: this installation's settings; read from the environment when absent.
        now: the clock.

    Raises:
        UndeclaredRouteError: a route names no permission.
    """
    context = Context(settings or read_settings(), now)
    app = FastAPI(
        title="Wangjian 网鉴",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        description="Sign in by cookie; unsafe calls carry the header X-CSRF-Token. Errors are RFC 9457 problems.",
    )
    app.state.context = context
    for router in (*routes.ROUTERS, *views.ROUTERS):
        app.router.routes.extend(router.routes)
    app.mount("/static", StaticFolder(), name="static")
    check_routes(app.routes)
    app.add_middleware(BadgeDoor, context=context, headers=ANSWER)
    app.add_middleware(Guard, context=context)
    app.add_exception_handler(WangjianError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DataError, _on_unstorable)
    app.add_exception_handler(Exception, _on_crash)
    return app


def _answer(request: Request, problem: Problem) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse(problem.as_json(request.url.path), problem.status, media_type=PROBLEM_TYPE)
    return page(request, "error.html", status=problem.status, problem=problem, titles=problem.titles())


def _on_error(request: Request, error: Exception) -> Response:
    """An error of the house, as the outside may see it."""
    if not isinstance(error, WangjianError):
        raise error
    problem = problem_of(error)
    if isinstance(error, TooManyError):  # short on purpose: a page for each refusal would be dear
        return JSONResponse(
            problem.as_json(request.url.path), problem.status, media_type=PROBLEM_TYPE, headers={"Retry-After": "5"}
        )
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error.message, exc_info=error)
    if isinstance(error, NotSignedInError) and not request.url.path.startswith("/api/"):
        return _to_sign_in(request)
    return _answer(request, problem)


def is_merchants(request: Request) -> bool:
    """True for pages of merchants, who have a door of their own."""
    return request.url.path == "/merchant" or request.url.path.startswith("/merchant/")


def _to_sign_in(request: Request) -> Response:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    door = "merchant_sign_in_page" if is_merchants(request) else "sign_in_page"
    home = "/merchant" if is_merchants(request) else "/"
    target = request.url_for(door).include_query_params(next=wanted if request.method == "GET" else home)
    where = f"{target.path}?{target.query}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def _on_invalid(request: Request, error: Exception) -> Response:
    """Parameters or a body that do not fit their schema."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields = {".".join(str(part) for part in item["loc"][1:]) or "body": str(item["msg"]) for item in error.errors()}
    return _answer(
        request,
        problem_of(
            InputError(
                f"expected values of the right form, got wrong ones in: {', '.join(sorted(fields))}",
                hint="请检查标出的字段。",
                context={"fields": fields},
            )
        ),
    )


def _on_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses (unknown address, wrong method)."""
    if not isinstance(error, HTTPException):
        raise error
    code = CODE_OF_STATUS.get(error.status_code, "api.http")
    return _answer(request, Problem(error.status_code, code, str(error.detail), "", {}))


def _on_unstorable(request: Request, error: Exception) -> Response:
    """Text with NUL, which PostgreSQL keeps nowhere: a fault of the sender, wherever in a request it stands."""
    if not isinstance(error, DataError) or "NUL" not in str(error.orig):
        return _on_crash(request, error)
    return _answer(
        request,
        problem_of(InputError("expected text without the sign NUL, got one with it", hint="请检查输入的文字。")),
    )


def _on_crash(request: Request, error: Exception) -> Response:
    """A fault of ours: logged in full, shown without detail."""
    logger.error("unexpected fault on %s", request.url.path, exc_info=error)
    problem = Problem(500, "api.unexpected", "expected an answer, got a fault of ours", "请联系管理员。", {})
    response = _answer(request, problem)
    # This answer is made outside the guard, so the guard's headers are added here.
    response.headers.update(security_headers(context_of(request)))
    return response
