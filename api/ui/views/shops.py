"""Shops: list and page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.access import Who, allow
from api.context import Ctx
from api.policy import Permission
from api.queries.linked import four_systems
from api.queries.matters import matters_about
from api.queries.shops import ShopFilter, list_shops, read_shop
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange.organisation import name_of
from identity_verify.licence_record import display_of

router = APIRouter(include_in_schema=False)


@router.get("/shops", dependencies=[allow(Permission.SHOP_READ)])
def shop_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[ShopFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Shops under watch."""
    with context.database.read() as session:
        found = list_shops(session, who.scope, wanted, before=before)
        return page(request, "shops.html", found=found, wanted=wanted, before=before)


@router.get("/shops/{shop_id}", dependencies=[allow(Permission.SHOP_READ)])
def shop(request: Request, context: Ctx, who: Who, shop_id: RowNumber) -> HTMLResponse:
    """One shop."""
    with context.database.read() as session:
        detail = read_shop(session, who.scope, shop_id)
        four = four_systems(session, who.scope, shop_id=shop_id, at=context.now())
        display = display_of(session, detail.shop, at=context.now())
        matters = matters_about(session, who.scope, shop_id=shop_id)
        return page(request, "shop.html", detail=detail, four=four, display=display, matters=matters, name_of=name_of)
