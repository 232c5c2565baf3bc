"""Subscriptions of other departments, and the inbox."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.exchange_desk import ask_subscription, decide_subscription, end_notice, open_notice
from api.policy import Permission
from api.queries.notices import NoticeFilter, list_notices, notice_facets
from api.queries.subscriptions import (
    SubscriptionFilter,
    find_subscription,
    known_sets,
    list_changes,
    list_subscriptions,
    subscription_facets,
)
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange.subscribe.contract import Wish

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=1000)]


@router.get("/subscriptions", dependencies=[allow(Permission.EXCHANGE_READ)])
def subscription_list(
    request: Request, context: Ctx, who: Who, wanted: Annotated[SubscriptionFilter, Depends()]
) -> HTMLResponse:
    """Who gets what, and the catalogue."""
    with context.database.read() as session:
        rows, facets = list_subscriptions(session, who.scope, wanted), subscription_facets(session, who.scope)
        return page(request, "subscriptions.html", rows=rows, facets=facets, wanted=wanted, catalogue=known_sets())


@router.post("/subscriptions", dependencies=[allow(Permission.SUBSCRIPTION_ASK)])
def ask(  # noqa: PLR0913, PLR0917 - a form's fields
    context: Ctx,
    who: Who,
    scope: Text = "",
    fields: Annotated[list[str] | None, Form()] = None,
    purpose: Text = "",
    legal_basis: Text = "",
    channel: Text = "",
    target: Text = "",
    filter_field: Text = "",
    filter_op: Text = "",
    filter_value: Text = "",
    everything: Text = "",
) -> Response:
    """Enter what a department asks for."""
    subscriber, _, data_set = scope.partition("/")
    filters = [{"field": filter_field, "op": filter_op, "value": filter_value}] if filter_value else []
    wish = Wish(
        subscriber=subscriber,
        data_set=data_set,
        purpose=purpose,
        legal_basis=legal_basis,
        channel=channel,
        target=target,
        fields=tuple(fields or ()),
        filters=filters,
        from_now=not everything,
    )
    return RedirectResponse(f"/subscriptions/{ask_subscription(context, who, wish)}", 303)


@router.get("/subscriptions/{subscription_id}", dependencies=[allow(Permission.EXCHANGE_READ)])
def subscription(  # noqa: PLR0917 - filters of a page
    request: Request,
    context: Ctx,
    who: Who,
    subscription_id: RowNumber,
    part: Literal["delivered", "waiting"] = "delivered",
    before: RowNumber | None = None,
) -> HTMLResponse:
    """One subscription with what was delivered, or what waits."""
    with context.database.read() as session:
        detail = find_subscription(session, who.scope, subscription_id)
        found = list_changes(session, detail.row, part, before=before)
        return page(
            request, "subscription.html", detail=detail, catalogue=known_sets(), found=found, part=part, before=before
        )


@router.post("/subscriptions/{subscription_id}/decision", dependencies=[allow(Permission.SUBSCRIPTION_DECIDE)])
def decide(context: Ctx, who: Who, subscription_id: RowNumber, verb: Text = "", reason: Text = "") -> Response:
    """Approve, refuse, pause, resume or end."""
    decide_subscription(context, who, subscription_id, verb, reason)
    return RedirectResponse(f"/subscriptions/{subscription_id}", 303)


@router.get("/inbox", dependencies=[allow(Permission.INBOX_READ)])
def inbox(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[NoticeFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """What waits for this person and the units."""
    with context.database.read() as session:
        found, facets = list_notices(session, who.scope, wanted, before=before), notice_facets(session, who.scope)
        return page(request, "inbox.html", found=found, facets=facets, wanted=wanted, before=before)


@router.get("/inbox/{notice_id}", dependencies=[allow(Permission.INBOX_READ)])
def one_notice(request: Request, context: Ctx, who: Who, notice_id: RowNumber) -> HTMLResponse:
    """One notice."""
    return page(request, "notice.html", row=open_notice(context, who, notice_id))


@router.post("/inbox/{notice_id}/done", dependencies=[allow(Permission.INBOX_READ)])
def finish(context: Ctx, who: Who, notice_id: RowNumber) -> Response:
    """The matter is settled."""
    end_notice(context, who, notice_id)
    return RedirectResponse("/inbox", 303)
