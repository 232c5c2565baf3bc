"""Webhook of the linked systems: what changed, told by the system itself and signed with its secret."""

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.access import allow_from_anywhere
from api.context import Context, Ctx
from exchange.connectors import webhook
from exchange.connectors.errors import WebhookError
from exchange.connectors.roster import SYSTEMS, connectors, secret_of

router = APIRouter(tags=["linked"])
SIGNATURE_HEADER = "x-linked-signature"


@router.post("/api/v1/linked/{system}/events", dependencies=[allow_from_anywhere()])
async def events(request: Request, context: Ctx, system: str) -> JSONResponse:
    """Take changes a linked system tells. The answer says what became of the rows, by word."""
    header, body = request.headers.get(SIGNATURE_HEADER, ""), await request.body()
    return JSONResponse(await to_thread.run_sync(_take, context, system, header, body))


def _take(context: Context, system: str, header: str, body: bytes) -> dict[str, int]:
    """A system that is none looks like one with another secret."""
    if system not in SYSTEMS:
        raise WebhookError("expected a signed call of a linked system, got another")
    at = context.now()
    webhook.verify(secret_of(context.settings, system), body, header, at=at)
    with context.database.write() as session:
        return dict(webhook.take(session, connectors(context.settings)[system], body, at=at))
