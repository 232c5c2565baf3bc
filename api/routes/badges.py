"""Badges for everybody: verdicts, keys, status lists, the daily dump. None of it asks who is asking."""

import json
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import JSONResponse

from api.access import allow_from_anywhere
from api.context import Context, Ctx, context_of
from api.errors import NotFoundError, TooManyError
from api.schemas.badge import BadgeCheckIn
from identity_verify import status_list
from identity_verify.badge_files import DUMP_SIGNED, read_public

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
BRIEFLY = "public, max-age=2"
"""For verdicts: with a poll each second, a revocation is seen within five seconds, whatever lies between."""
ANSWER = {**OPEN, "Cache-Control": BRIEFLY}
LIST_SECONDS = 15
KEY_SECONDS = 300
DAY_SECONDS = 3_600


async def share(request: Request) -> None:
    """One address's share of the public pages and API.

    Raises:
        TooManyError: it is used up.
    """
    address = request.client.host if request.client else ""
    if not context_of(request).badge_share.take(address):
        raise TooManyError("expected fewer requests from this address", hint="稍等再试，批量请用每日全量文件")


router = APIRouter(tags=["badges"], dependencies=[allow_from_anywhere(), Depends(share)])
hidden = APIRouter(include_in_schema=False, dependencies=[allow_from_anywhere(), Depends(share)])


@router.get("/api/v1/badges/{badge_id}")
async def badge(request: Request, context: Ctx, badge_id: str, shown_on: str = "") -> Response:
    """What a badge is worth now; with ``shown_on`` also whether it belongs there."""
    desk = context.badge_desk
    if shown_on:
        verdict = await desk.verdict(badge_id[:40], shown_on=shown_on[:2_000])
        _require_known(verdict.word)
        return JSONResponse(desk.as_json(verdict), headers=ANSWER)
    body, etag, verdict = await desk.answer(badge_id[:40])
    _require_known(verdict.word)
    headers = {**ANSWER, "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _require_known(word: str) -> None:
    if word in {"malformed", "unknown"}:
        raise NotFoundError(f"expected the number of a badge, got one that is {word}", hint="核对编号 check the number")


@router.post("/api/v1/badges/check")
async def check(context: Ctx, body: Annotated[BadgeCheckIn, Body()]) -> JSONResponse:
    """The verdict on a token (or a number), and on the place where it is shown."""
    desk = context.badge_desk
    verdict = await desk.verdict(body.badge, shown_on=body.shown_on)
    return JSONResponse(desk.as_json(verdict), headers={**OPEN, "Cache-Control": "no-store"})


@hidden.get("/.well-known/jwks.json")
async def keys(context: Ctx) -> Response:
    """The key set. Spec: RFC 7517 8.5 (application/jwk-set+json)."""
    listed = await context.badge_desk.keys()
    headers = {**OPEN, "Cache-Control": f"public, max-age={KEY_SECONDS}"}
    return Response(json.dumps(listed), media_type="application/jwk-set+json", headers=headers)


@hidden.get("/.well-known/jwt-vc-issuer")
async def issuer(context: Ctx) -> Response:
    """Who issues. Spec: draft-ietf-oauth-sd-jwt-vc 5 (JWT VC issuer metadata)."""
    desk = context.badge_desk
    return _stable({"issuer": desk.issuer.origin, "jwks_uri": desk.issuer.jwks})


@hidden.get("/badge-type/1")
@hidden.get("/.well-known/vct/badge-type/1")
async def badge_type(context: Ctx) -> Response:
    """What kind of credential a badge is. Spec: draft-ietf-oauth-sd-jwt-vc 6 (type metadata)."""
    claims = [
        {"path": [name], "display": [{"lang": "zh-CN", "label": zh}, {"lang": "en", "label": en}], "sd": "never"}
        for name, zh, en in (
            ("sub", "统一社会信用代码", "Unified social credit code"),
            ("name", "名称", "Name"),
            ("sites", "登记的网址", "Registered sites"),
            ("jti", "标识编号", "Number of the badge"),
        )
    ]
    names = [
        {"lang": "zh-CN", "name": "网上经营者电子标识"},
        {"lang": "en", "name": "Badge of an online trader"},
    ]
    return _stable({"vct": context.badge_desk.issuer.vct, "display": names, "claims": claims})


def _stable(value: dict[str, object]) -> JSONResponse:
    return JSONResponse(value, headers={**OPEN, "Cache-Control": f"public, max-age={DAY_SECONDS}"})


@hidden.get("/badge-status/{number}")
def status(context: Ctx, number: int) -> Response:
    """A status list, as the keeper signed it last. Spec: draft-ietf-oauth-status-list 8.1 (media type)."""
    data = _file(context, f"status-{number}.jwt")
    headers = {**OPEN, "Cache-Control": f"public, max-age={LIST_SECONDS}"}
    return Response(data, media_type=status_list.MEDIA_TYPE, headers=headers)


@hidden.get("/badge-dump/{name}")
def dump(context: Ctx, name: str) -> Response:
    """All badges of the day: ``dump.jwt`` is signed and names the file and its digest."""
    data = _file(context, name)
    kind = "application/jwt" if name == DUMP_SIGNED else "application/gzip"
    seconds = LIST_SECONDS if name == DUMP_SIGNED else DAY_SECONDS
    return Response(data, media_type=kind, headers={**OPEN, "Cache-Control": f"public, max-age={seconds}"})


def _file(context: Context, name: str) -> bytes:
    data = read_public(context.settings.badges_path(), name)
    if data is None:
        raise NotFoundError("expected a file that the keeper has written, got none of that name", hint="稍后再试")
    return data
