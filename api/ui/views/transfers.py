"""Transfers in the console of the exchange: 移送, 协查, 退回, with deadlines, history and every station on the way."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.errors import InputError
from api.policy import Permission
from api.queries.transfers import KINDS, TransferFilter, list_appeals, list_transfers, read_transfer, transfer_facets
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange import transfer
from exchange.jurisdiction import PLACES, Matter, Ruling, decide, table
from exchange.organisation import name_of

router = APIRouter(include_in_schema=False)
MIN_REASON = 4
PATH = "/exchange/transfers"
Words = Annotated[str, Form()]


@router.get(PATH, dependencies=[allow(Permission.EXCHANGE_READ)])
def transfer_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[TransferFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Matters handed over and help asked for, newest first; appeals that wait for our word."""
    with context.database.read() as session:
        found = list_transfers(session, who.scope, wanted, before=before)
        facets = transfer_facets(session, who.scope)
        appeals = list_appeals(session, who.scope)
        return page(
            request, "transfers.html", found=found, facets=facets, wanted=wanted, before=before, appeals=appeals,
            name_of=name_of, kinds=KINDS, guessed_years=transfer.guessed_years,
        )  # fmt: skip


@router.get(f"{PATH}/jurisdiction", dependencies=[allow(Permission.EXCHANGE_READ)])
def jurisdiction(request: Request, kind: str = "", subject: str = "", first_at: str = "") -> HTMLResponse:
    """Who has a matter, by the table; the article that says so stands beside the answer."""
    places = {place: request.query_params.get(place, "").strip() for place in PLACES}
    ruling: Ruling | None = None
    if kind and subject:
        given = {place: code for place, code in places.items() if code}
        ruling = decide(Matter(kind, subject, given, first_at.strip(), "address_is_dead" in request.query_params))
    return page(
        request, "jurisdiction.html", table=table(), ruling=ruling, places=places, kind=kind, subject=subject,
        first_at=first_at, name_of=name_of,
    )  # fmt: skip


@router.get(f"{PATH}/{{row}}", dependencies=[allow(Permission.EXCHANGE_READ)])
def transfer_page(request: Request, context: Ctx, who: Who, row: RowNumber) -> HTMLResponse:
    """One matter: state, deadline, what was said, the way of each message."""
    with context.database.read() as session:
        detail = read_transfer(session, who.scope, row)
        return page(
            request, "transfer.html", detail=detail, name_of=name_of, guessed_years=transfer.guessed_years,
            max_tries=context.settings.exchange_max_tries,
        )  # fmt: skip


def _reason(reason: str) -> str:
    if len(reason.strip()) < MIN_REASON:
        raise InputError("expected a reason, got none", hint="请写明理由。", context={"fields": {"reason": "required"}})
    return reason.strip()


@router.post(PATH, dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def ask(  # noqa: PLR0917 - the fields of a form
    context: Ctx, who: Who, kind: Words, matter: Words, to: Words, reason: Words = ""
) -> Response:
    """Hand a matter over, or ask for help."""
    if kind not in KINDS or not matter.strip():
        raise InputError(
            "expected a transfer or a request for help about a matter, got another", hint="请选择种类并填写事项编号。"
        )
    wanted = transfer.Request(kind, matter.strip(), to.strip(), _reason(reason), {})
    with context.database.write() as session:
        transfer.ask(session, wanted, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"{PATH}?matter={matter.strip()}", 303)


@router.post(f"{PATH}/{{row}}/answer", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def answer(context: Ctx, who: Who, row: RowNumber, step: Words, reason: Words = "") -> Response:
    """Accept, object, send back; receive, answer or refuse a request for help."""
    with context.database.write() as session:
        found = read_transfer(session, who.scope, row).row
        said = reason.strip() if step in {"accept", "receive"} else _reason(reason)
        transfer.answer(session, found.kind, found.matter, step, reason=said, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"{PATH}/{row}", 303)


@router.post(f"{PATH}/{{row}}/appeal", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def appeal(context: Ctx, who: Who, row: RowNumber) -> Response:
    """Ask the common superior who has to take it."""
    own = context.settings.exchange_org
    with context.database.write() as session:
        found = read_transfer(session, who.scope, row).row
        transfer.appeal(session, found.matter, own, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"{PATH}/{row}", 303)


@router.post(f"{PATH}/decide", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def decide_appeal(context: Ctx, who: Who, message: Words, taker: Words, reason: Words = "") -> Response:
    """As the common superior: say who has to take a matter."""
    said = _reason(reason)
    with context.database.write() as session:
        step = next((one for one in list_appeals(session, who.scope) if str(one.message.id) == message), None)
        sides = (step.message.sender, str(step.payload["to"])) if step else ()
        if step is None or taker not in sides:
            raise InputError("expected one of both sides of an appeal that waits, got another", hint="请刷新后再选。")
        transfer.decide(
            session, str(step.payload["matter"]), taker, sides, reason=said, actor=who.scope.name, at=context.now()
        )
    return RedirectResponse(PATH, 303)
