"""The console of the exchange: streams, messages, receipts, dead letters."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.errors import InputError
from api.policy import Permission
from api.queries.exchange import (
    MessageFilter,
    ReceiptFilter,
    list_messages,
    list_receipts,
    list_stopped,
    message_facets,
    read_console,
    read_message,
)
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange import dead_letter, replay
from exchange.organisation import name_of

router = APIRouter(include_in_schema=False)
MIN_REASON = 4


@router.get("/exchange", dependencies=[allow(Permission.EXCHANGE_READ)])
def console(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """How the exchange is."""
    with context.database.read() as session:
        found = read_console(session, who.scope)
    return page(request, "exchange.html", found=found, name_of=name_of, own=context.settings.exchange_org)


@router.get("/exchange/messages", dependencies=[allow(Permission.EXCHANGE_READ)])
def message_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[MessageFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Messages, newest first."""
    with context.database.read() as session:
        found = list_messages(session, who.scope, wanted, before=before)
        facets = message_facets(session, who.scope)
        return page(
            request, "exchange_messages.html", found=found, facets=facets, wanted=wanted, before=before, name_of=name_of
        )


@router.get("/exchange/messages/{row}", dependencies=[allow(Permission.EXCHANGE_READ)])
def message(request: Request, context: Ctx, who: Who, row: RowNumber) -> HTMLResponse:
    """One message: envelope, receipts, hops, proof of time."""
    with context.database.read() as session:
        detail = read_message(session, who.scope, row)
    payload = json.dumps(detail.envelope.get("payload", {}), ensure_ascii=False, indent=1)
    return page(
        request, "exchange_message.html", detail=detail, payload=payload, name_of=name_of,
        max_tries=context.settings.exchange_max_tries,
    )  # fmt: skip


@router.get("/exchange/receipts", dependencies=[allow(Permission.EXCHANGE_READ)])
def receipt_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[ReceiptFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Receipts given and taken."""
    with context.database.read() as session:
        found = list_receipts(session, who.scope, wanted, before=before)
        return page(request, "exchange_receipts.html", found=found, wanted=wanted, before=before)


@router.get("/exchange/dead-letters", dependencies=[allow(Permission.EXCHANGE_READ)])
def dead_letters(request: Request, context: Ctx, who: Who, before: RowNumber | None = None) -> HTMLResponse:
    """Messages that stand still, with what can be done."""
    with context.database.read() as session:
        found = list_stopped(session, who.scope, before=before)
        return page(request, "exchange_dead_letters.html", found=found, before=before)


@router.post("/exchange/messages/{row}/redrive", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def redrive(context: Ctx, who: Who, row: RowNumber) -> Response:
    """Send a dead letter again under its own id."""
    with context.database.write() as session:
        dead_letter.redrive(session, context.exchange.keys, row, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"/exchange/messages/{row}", 303)


@router.post("/exchange/messages/{row}/try", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def try_again(context: Ctx, who: Who, row: RowNumber) -> Response:
    """Try the effect of an incoming message again."""
    dead_letter.try_again(context.exchange, row, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"/exchange/messages/{row}", 303)


@router.post("/exchange/messages/{row}/set-aside", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def set_aside(context: Ctx, who: Who, row: RowNumber, reason: Annotated[str, Form()] = "") -> Response:
    """Reject an incoming message whose effect fails, with a reason that its sender reads."""
    if len(reason.strip()) < MIN_REASON:
        raise InputError("expected a reason, got none", hint="请写明理由。", context={"fields": {"reason": "required"}})
    dead_letter.set_aside(context.exchange, row, reason=reason.strip(), actor=who.scope.name, at=context.now())
    return RedirectResponse(f"/exchange/messages/{row}", 303)


@router.post("/exchange/messages/{row}/show-again", dependencies=[allow(Permission.EXCHANGE_DRIVE)])
def show_again(context: Ctx, who: Who, row: RowNumber) -> Response:
    """Post it once more as a dry run."""
    with context.database.write() as session:
        number = replay.show_again(session, row, actor=who.scope.name, at=context.now())
    return RedirectResponse(f"/exchange/messages?key={number}", 303)
