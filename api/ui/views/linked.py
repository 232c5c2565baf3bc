"""The linked systems: health, records, quarantine, writing back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.auth import SignedIn
from api.context import Context, Ctx
from api.errors import Problem, problem_of
from api.policy import Permission
from api.queries import linked
from api.queries.linked import FaultFilter, PostFilter, RecordFilter
from api.row_number import RowNumber
from api.schemas.write_back import WriteBack
from api.ui.rendering import page
from api.writing_back import draft, judge_fault, pull_now, send, send_again
from exchange.connectors.errors import WriteBackError

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=4000)]


@router.get("/linked", dependencies=[allow(Permission.LINKED_HEALTH)])
def health(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """How the four systems do."""
    with context.database.read() as session:
        found = linked.health(session, who.scope, context.settings, context.now())
        return page(request, "linked.html", systems=found)


@router.post("/linked/systems/{system}/pull", dependencies=[allow(Permission.LINKED_WRITE)])
def ask_now(context: Ctx, who: Who, system: str) -> Response:
    """Let the next turn ask this system."""
    pull_now(context, who, system)
    return RedirectResponse("/linked", 303)


@router.get("/linked/records", dependencies=[allow(Permission.LINKED_READ)])
def record_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[RecordFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Records of the linked systems."""
    with context.database.read() as session:
        found = linked.list_records(session, who.scope, wanted, at=context.now(), before=before)
        return page(request, "linked_records.html", found=found, wanted=wanted, before=before)


@router.get("/linked/records/{record_id}", dependencies=[allow(Permission.LINKED_READ)])
def record(request: Request, context: Ctx, who: Who, record_id: RowNumber) -> HTMLResponse:
    """One record, with its source and its time."""
    with context.database.read() as session:
        detail = linked.read_record(session, who.scope, record_id, at=context.now())
        return page(request, "linked_record.html", detail=detail)


@router.get("/linked/faults", dependencies=[allow(Permission.LINKED_READ)])
def fault_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[FaultFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Rows in quarantine."""
    with context.database.read() as session:
        found = linked.list_faults(session, who.scope, wanted, before=before)
        return page(request, "linked_faults.html", found=found, wanted=wanted, before=before)


@router.get("/linked/faults/{fault_id}", dependencies=[allow(Permission.LINKED_READ)])
def fault(request: Request, context: Ctx, who: Who, fault_id: RowNumber) -> HTMLResponse:
    """One row in quarantine, field by field."""
    with context.database.read() as session:
        return page(request, "linked_fault.html", fault=linked.find_fault(session, who.scope, fault_id))


@router.post("/linked/faults/{fault_id}", dependencies=[allow(Permission.LINKED_WRITE)])
def judge(context: Ctx, who: Who, fault_id: RowNumber, decision: Text = "", reason: Text = "") -> Response:
    """Ask for a row once more, or dismiss it."""
    judge_fault(context, who, fault_id, decision, reason)
    return RedirectResponse(f"/linked/faults/{fault_id}", 303)


@router.get("/linked/posts", dependencies=[allow(Permission.LINKED_READ)])
def post_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[PostFilter, Depends()],
    before: str | None = None,
) -> HTMLResponse:
    """What was written back, with receipts."""
    with context.database.read() as session:
        found = linked.list_posts(session, who.scope, wanted, before=before)
        return page(request, "linked_posts.html", found=found, wanted=wanted, before=before)


@router.post("/linked/posts/{post_id}/again", dependencies=[allow(Permission.LINKED_WRITE)])
def again(context: Ctx, who: Who, post_id: str) -> Response:
    """Send again under the same id."""
    send_again(context, who, post_id)
    return RedirectResponse("/linked/posts", 303)


@router.get("/linked/write-back", dependencies=[allow(Permission.LINKED_WRITE)])
def form(request: Request, context: Ctx, who: Who, asked: Annotated[WriteBack, Query()]) -> HTMLResponse:
    """The form of writing back to one system about one shop."""
    return _form(request, context, who, asked)


@router.post("/linked/write-back", dependencies=[allow(Permission.LINKED_WRITE)])
def write(request: Request, context: Ctx, who: Who, given: Annotated[WriteBack, Form()]) -> Response:
    """Write back; a form that lacks something comes back with what was written."""
    fields = {name: str(value) for name, value in given.model_dump().items() if value}
    try:
        send(context, who, given.system, fields, shop_id=given.shop_id, hit_id=given.hit_id)
    except WriteBackError as error:
        return _form(request, context, who, given, problem=problem_of(error))
    return RedirectResponse(f"/shops/{given.shop_id}#linked", 303)


def _form(
    request: Request, context: Context, who: SignedIn, asked: WriteBack, *, problem: Problem | None = None
) -> HTMLResponse:
    with context.database.read() as session:
        found = draft(session, context, who, asked.system, shop_id=asked.shop_id, hit_id=asked.hit_id)
        status = problem.status if problem else 200
        return page(request, "linked_write_back.html", status=status, draft=found, given=asked, problem=problem)
