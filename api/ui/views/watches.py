"""Starting a watch: addresses, or a CSV file with row errors."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.errors import InputError, problem_of
from api.orders import rows_of_urls, start_watch
from api.policy import Permission
from api.ui.rendering import page
from kernel.errors import WangjianError
from pipeline.shop_list import RowError, ShopRow, known_platforms, parse_csv

router = APIRouter(include_in_schema=False)
MAX_CSV_BYTES = 10_000_000


@router.get("/watches/new", dependencies=[allow(Permission.WATCH_START)])
def form(request: Request) -> HTMLResponse:
    """The form."""
    return page(request, "watch.html", urls="", errors=(), good=0, problem=None, platforms=known_platforms())


@router.post("/watches", dependencies=[allow(Permission.WATCH_START)])
def start(  # noqa: PLR0917 - FastAPI calls it by name
    request: Request,
    context: Ctx,
    who: Who,
    urls: Annotated[str, Form()] = "",
    shops: Annotated[UploadFile | None, File()] = None,
    skip_errors: Annotated[str, Form()] = "",
) -> Response:
    """Put shops under watch; with row errors nothing starts until the person says to skip them."""
    rows: tuple[ShopRow, ...] = ()
    errors: tuple[RowError, ...] = ()
    problem = None
    try:
        data = shops.file.read(MAX_CSV_BYTES + 1) if shops and shops.filename else b""
        if len(data) > MAX_CSV_BYTES:
            raise InputError(f"expected a file of at most {MAX_CSV_BYTES} bytes", hint="请拆分文件。")
        if data:
            shop_list = parse_csv(data)
            rows, errors = shop_list.rows, shop_list.errors
        else:
            rows, errors = rows_of_urls(urls)
        if rows and (not errors or skip_errors):
            return RedirectResponse(f"/jobs/{start_watch(context, who, rows).job_id}", 303)
    except WangjianError as error:
        problem = problem_of(error)
    return page(
        request, "watch.html", status=422, urls=urls, errors=errors, good=len(rows), problem=problem,
        platforms=known_platforms(),
    )  # fmt: skip
