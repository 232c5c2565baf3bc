"""Pages about badges for everybody: the page a badge leads to, the live badge, its pictures. No script anywhere."""

import json
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import allow_from_anywhere
from api.context import Ctx
from api.errors import NotFoundError, TooLargeError
from api.routes.badges import BRIEFLY, DAY_SECONDS, OPEN, share
from api.ui.catalogue import LANGUAGES, Language, text, word
from api.ui.rendering import language_of, page
from identity_verify.badge_check import BadgeVerdict
from identity_verify.badge_frame import MAX_REPORT_BYTES, frame_sources, seen_in_frame, seen_in_report
from identity_verify.badge_id import read_badge_id, shown
from identity_verify.badge_picture import qr_svg, static_png, static_svg
from identity_verify.site_address import shown as readable_host

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAME_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
PICTURE_POLICY = "default-src 'none'; frame-ancestors 'none'"
router = APIRouter(include_in_schema=False, dependencies=[allow_from_anywhere(), Depends(share)])


@router.get("/v")
async def find(request: Request, number: str = "") -> Response:
    """A form for the number under a printed badge."""
    found = read_badge_id(number)
    if found:
        return RedirectResponse(f"/v/{found}{_language_query(request)}", 303)
    return _page(request, "badge_find.html", status=200, number=number[:40])


@router.get("/v/{badge_id}")
async def badge_page(request: Request, context: Ctx, badge_id: str) -> Response:
    """What everybody may know of a badge, and the question that only the reader can answer: is this the address?"""
    verdict = await context.badge_desk.verdict(badge_id[:40], shown_on="")
    status = 404 if verdict.badge is None else 200
    response = _page(
        request,
        "badge_page.html",
        status=status,
        verdict=verdict,
        shown=shown,
        number=badge_id[:40],
        readable=_readable,
    )
    response.headers["Cache-Control"] = BRIEFLY
    return response


@router.get("/v/{badge_id}/qr.svg")
async def qr(context: Ctx, badge_id: str) -> Response:
    """QR code of the badge's page."""
    number = await _known(context, badge_id)
    drawn = await to_thread.run_sync(qr_svg, context.badge_desk.issuer.page(number))
    return _picture(drawn.encode(), "image/svg+xml", f"public, max-age={DAY_SECONDS}")


@router.get("/badge/{badge_id}.svg")
async def static_badge(request: Request, context: Ctx, badge_id: str) -> Response:
    """The static badge; for pages that cannot frame the live one."""
    verdict = await _judged(request, context, badge_id)
    return _picture(static_svg(read_badge_id(badge_id) or "", verdict.word).encode(), "image/svg+xml", BRIEFLY)


@router.get("/badge/{badge_id}.png")
async def static_badge_png(request: Request, context: Ctx, badge_id: str) -> Response:
    """The same as pixels."""
    verdict = await _judged(request, context, badge_id)
    drawn = await to_thread.run_sync(static_png, read_badge_id(badge_id) or "", verdict.word)
    return _picture(drawn, "image/png", BRIEFLY)


@router.get("/badge/{badge_id}")
async def live_badge(request: Request, context: Ctx, badge_id: str) -> Response:
    """The live badge. The browser shows it on the registered hosts only, and tells us where it refused."""
    verdict = await _judged(request, context, badge_id)
    sites = verdict.badge.sites if verdict.badge else []
    response = _page(request, "badge_frame.html", status=200 if verdict.badge else 404, verdict=verdict, shown=shown)
    ancestors = frame_sources(sites, https=context.https)
    report = f"; report-uri /badge/{verdict.badge.id}/report" if verdict.badge else ""
    response.headers["Content-Security-Policy"] = f"{FRAME_POLICY}; frame-ancestors {ancestors}{report}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@router.post("/badge/{badge_id}/report")
async def report(request: Request, context: Ctx, badge_id: str) -> Response:
    """A browser tells that it refused the live badge somewhere. A sign only: anybody can send one."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REPORT_BYTES:
            raise TooLargeError(f"expected a report of at most {MAX_REPORT_BYTES} bytes", hint="")
    verdict = await context.badge_desk.verdict(badge_id[:40])
    try:
        told: object = json.loads(bytes(body))
    except (ValueError, RecursionError):
        told = None
    seen = None
    if verdict.badge:
        own, referrer = context.badge_desk.issuer.origin, request.headers.get("referer", "")[:2_000]
        seen = seen_in_report(verdict.badge.id, verdict.badge.sites, told, referrer=referrer, own_origin=own)
    if seen:
        await context.badge_desk.note(seen)
    return Response(status_code=204, headers=OPEN)


async def _judged(request: Request, context: Ctx, badge_id: str) -> BadgeVerdict:
    """The verdict on a badge that a page asks for, with a sighting where that page is none of its sites."""
    desk = context.badge_desk
    verdict = await desk.verdict(badge_id[:40])
    referrer = request.headers.get("referer", "")[:2_000]
    if verdict.badge and referrer:
        seen = seen_in_frame(verdict.badge.id, verdict.badge.sites, referrer, desk.issuer.origin)
        if seen:
            await desk.note(seen)
    return verdict


async def _known(context: Ctx, badge_id: str) -> str:
    verdict = await context.badge_desk.verdict(badge_id[:40])
    if verdict.badge is None:
        raise NotFoundError("expected the number of a badge, got another", hint="核对编号 check the number")
    return verdict.badge.id


def _readable(site: str) -> str:
    """The host of a site with IDN letters, beside its A-labels: letters that look alike are told apart by both."""
    return readable_host(site.removeprefix("*.").partition("/")[0].partition(":")[0])


def _picture(data: bytes, kind: str, cache: str) -> Response:
    headers = {**OPEN, "Cache-Control": cache, "Content-Security-Policy": PICTURE_POLICY}
    return Response(data, media_type=kind, headers=headers)


def _language(request: Request) -> Language:
    """The language that the address asks for, else the reader's."""
    asked = request.query_params.get("lang", "")
    return next((language for language in LANGUAGES if language == asked), language_of(request))


def _language_query(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return f"?lang={asked}" if asked in LANGUAGES else ""


def _page(request: Request, template: str, *, status: int, **values: object) -> HTMLResponse:
    language = _language(request)
    words = {"language": language, "t": partial(text, language), "word": partial(word, language)}
    response = page(request, template, status=status, **words, **values)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response
