"""Shops and rule hits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import Who, allow
from api.context import Ctx
from api.matter_desk import decide_lead, decide_leads
from api.policy import Permission
from api.queries.hits import HitFilter, hit_facets, list_hits, read_hit
from api.queries.shops import ShopFilter, list_shops, read_shop
from api.queries.slices import PAGE_SIZE
from api.row_number import RowNumber
from api.schemas.hit import DecisionIn, DecisionsIn, DecisionsOut, HitOut, HitsOut
from api.schemas.shop import ShopDetailOut, ShopOut, ShopsOut

router = APIRouter(prefix="/api/v1", tags=["shops"])
Size = Annotated[int, Query(ge=1, le=200)]


@router.get("/shops", dependencies=[allow(Permission.SHOP_READ)])
def shops(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    status: str = "",
    platform: str = "",
    text: str = "",
    before: RowNumber | None = None,
    limit: Size = PAGE_SIZE,
) -> ShopsOut:
    """Shops under watch, newest first."""
    with context.database.read() as session:
        found = list_shops(session, who.scope, ShopFilter(status, platform, text), before=before, limit=limit)
        return ShopsOut(total=found.total, next_before=found.next_before, shops=[ShopOut.of(row) for row in found.rows])


@router.get("/shops/{shop_id}", dependencies=[allow(Permission.SHOP_READ)])
def shop(context: Ctx, who: Who, shop_id: RowNumber) -> ShopDetailOut:
    """One shop: licence facts and visits."""
    with context.database.read() as session:
        return ShopDetailOut.of(read_shop(session, who.scope, shop_id))


@router.get("/hits", dependencies=[allow(Permission.HIT_READ)])
def hits(
    context: Ctx,
    who: Who,
    wanted: Annotated[HitFilter, Depends()],
    before: Annotated[RowNumber | None, Query()] = None,
    limit: Size = PAGE_SIZE,
) -> HitsOut:
    """Rule hits (leads, never findings), newest first."""
    with context.database.read() as session:
        found = list_hits(session, who.scope, wanted, before=before, limit=limit)
        return HitsOut(
            total=found.total,
            next_before=found.next_before,
            facets=hit_facets(session, who.scope),
            hits=[HitOut.of(row) for row in found.rows],
        )


@router.get("/hits/{hit_id}", dependencies=[allow(Permission.HIT_READ)])
def hit(context: Ctx, who: Who, hit_id: RowNumber) -> HitOut:
    """One rule hit."""
    with context.database.read() as session:
        return HitOut.of(read_hit(session, who.scope, hit_id))


@router.post("/hits/{hit_id}/decision", dependencies=[allow(Permission.HIT_DECIDE)])
def decision(context: Ctx, who: Who, hit_id: RowNumber, body: DecisionIn) -> HitOut:
    """Confirm, dismiss or reopen a hit, with a reason."""
    with context.database.write() as session:
        row = decide_lead(session, context, who, hit_id, decision=body.decision, reason=body.reason)
        return HitOut.of(row)


@router.post("/hits/decisions", dependencies=[allow(Permission.HIT_DECIDE)])
def decisions(context: Ctx, who: Who, body: DecisionsIn) -> DecisionsOut:
    """The same decision, for the same reason, on up to 200 hits."""
    with context.database.write() as session:
        done, left = decide_leads(session, context, who, body.hits, decision=body.decision, reason=body.reason)
        return DecisionsOut(decided=done, gone=left)
