"""One listing: facts, price history, hits and why, captures."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.orders import order_listing_capture
from api.policy import Permission
from api.queries.linked import four_systems
from api.queries.listings import read_listing
from api.row_number import RowNumber
from api.ui.catalogue import text
from api.ui.charts import price_chart
from api.ui.rendering import language_of, page

router = APIRouter(include_in_schema=False)


@router.get("/listings/{listing_id}", dependencies=[allow(Permission.LISTING_READ)])
def listing(request: Request, context: Ctx, who: Who, listing_id: RowNumber) -> HTMLResponse:
    """One listing."""
    with context.database.read() as session:
        detail = read_listing(session, who.scope, listing_id)
        four = four_systems(session, who.scope, shop_id=detail.shop.id, at=context.now())
    label = text(language_of(request), "listing.chart_label", title=detail.listing.title)
    chart = price_chart(detail.prices, until=detail.listing.last_seen_at, label=label)
    return page(request, "listing.html", detail=detail, chart=chart, four=four)


@router.post("/listings/{listing_id}/capture", dependencies=[allow(Permission.EVIDENCE_ORDER)])
def order(
    context: Ctx,
    who: Who,
    listing_id: RowNumber,
    purpose: Annotated[str, Form()] = "",
    case_number: Annotated[str, Form()] = "",
) -> Response:
    """Order a sealed capture of the listing's page."""
    ordered = order_listing_capture(context, who, listing_id, purpose, case_number)
    return RedirectResponse(f"/evidence/{ordered.evidence.id}", 303)
