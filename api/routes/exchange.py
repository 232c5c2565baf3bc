"""The door of the exchange: signed calls of peers, and this installation's card for anybody.

Spec: GB/T 21062.3-2007 (data interface).
"""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import allow
from api.context import Ctx
from api.policy import Permission
from exchange.transport import PATH
from pipeline.exchange_node import own_card

# Its form is that of the exchange, not of the JSON API, whose description leaves it out.
router = APIRouter(include_in_schema=False)


@router.post(PATH, dependencies=[allow(Permission.PUBLIC)])
async def call(request: Request, context: Ctx) -> Response:
    """Answer a peer; whoever is no peer, or does not sign, is refused and changes nothing."""
    data = await request.body()
    answer = await run_in_threadpool(lambda: context.exchange.answer(data, at=context.now()))
    return Response(answer, media_type="application/json")


@router.get("/api/v1/exchange/card", dependencies=[allow(Permission.PUBLIC)])
def card(context: Ctx) -> dict[str, object]:
    """Code, address, suites and public keys; to be compared by another way before it is entered."""
    return own_card(context.settings, context.exchange.keys, context.now())
