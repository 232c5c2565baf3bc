"""The replay origin: ``uvicorn api.replay:create_replay_app --factory``.

Archived pages are hostile. They are replayed by an unmodified ReplayWeb.page on an origin of its own
that knows no sign-in, sets no cookie, and gives out nothing but the player and, for a signed and
short-lived token, one archive; where names allow it, one origin for each archive.

Spec: RFC 9110 section 14 (ranges); W3C Service Workers; W3C Clear Site Data.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from jinja2 import Environment
from starlette.routing import BaseRoute, Route

from api.byte_range import Range, read_range
from api.context import Context
from api.errors import NotFoundError
from api.origin import replay_origin_of
from api.packages import ARCHIVE, stored_package
from api.queries.evidence import find_for_replay
from api.replay_token import read_token, replay_key
from api.ui.rendering import STATIC
from evidence.package import Package
from kernel import clock
from kernel.config import Settings
from kernel.config import settings as read_settings
from kernel.errors import WangjianError
from kernel.models import Evidence

PLAYER = STATIC / "vendor" / "replaywebpage"
PIECE_BYTES = 1 << 18
SCRIPT, TEXT = "text/javascript; charset=utf-8", "text/plain; charset=utf-8"
FILES = {
    "/player/ui.js": (PLAYER / "ui.js", SCRIPT),
    "/player/start.js": (STATIC / "replay.js", SCRIPT),
    "/player/LICENSE": (PLAYER / "LICENSE", TEXT),
    "/player/SOURCE.md": (PLAYER / "SOURCE.md", TEXT),
    "/replay/sw.js": (PLAYER / "replay/sw.js", SCRIPT),
    "/replay/ui.js": (PLAYER / "ui.js", SCRIPT),  # the page that the worker makes for the frame asks for it here
}
VIEW = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>replay</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/player/frame.css"><script src="/player/ui.js"></script>
<script src="/player/start.js" defer></script></head>
<body><header><b>存档回放 Archived page</b> <span>{{ url }}</span>
<a href="/player/SOURCE.md">ReplayWeb.page 2.5.3, AGPL-3.0</a></header>
<p id="problem" hidden>回放程序没有启动，请重新载入本页。 The player did not start; load this page again.</p>
<template id="player"><replay-web-page source="{{ source }}" url="{{ url }}" replaybase="/replay/" embed="replayonly"
 coll="{{ coll }}" nocache="true" hidemetadatasidebar="true"></replay-web-page></template></body></html>"""
)
FRAME_STYLE = (
    "html,body{margin:0;height:100%}body{display:flex;flex-direction:column;font:14px/1.5 system-ui,sans-serif}"
    "header{padding:.4rem .8rem;background:#7a4b00;color:#fff;overflow-wrap:anywhere}a{color:#fff;float:right}"
    "replay-web-page{display:block;flex:1;min-height:0}#problem{padding:1rem}"
)


def view_policy() -> str:
    """Content-Security-Policy of the player's own page; archived pages get the player's, equally closed."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; frame-src 'self' blob:; worker-src 'self'; media-src 'self' blob:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def create_replay_app(settings: Settings | None = None, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The replay origin over one installation.

    Args:
        settings: this installation's settings; read from the environment when absent. now: the clock.
    """
    context = Context(settings or read_settings(), now)
    key = replay_key(context.settings)
    headers = {
        "content-security-policy": view_policy(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow",
    }

    def wanted_evidence(request: Request) -> Evidence:
        evidence_id = read_token(key, request.path_params["token"], now())
        _check_host(request, evidence_id, replay_origin_of(context.settings, evidence_id))
        with context.database.read() as session:
            return find_for_replay(session, evidence_id)

    def view(request: Request) -> Response:
        evidence = wanted_evidence(request)
        source = f"/archive/{request.path_params['token']}/capture.wacz"
        url = str(evidence.summary.get("final_url") or evidence.url)
        return HTMLResponse(
            VIEW.render(source=source, url=url, coll=evidence.id), headers={"clear-site-data": _leftovers(request)}
        )

    def archive(request: Request) -> Response:
        evidence = wanted_evidence(request)
        with stored_package(context.settings, evidence) as package:
            if ARCHIVE not in package.members:
                raise NotFoundError("expected an archive in the package, got none")
            wanted = read_range(request.headers.get("range", ""), package.members[ARCHIVE].size)
            if wanted is None:
                total = package.members[ARCHIVE].size
                return Response(status_code=416, headers={"Content-Range": f"bytes */{total}"})
            return _ranged(package, wanted, head=request.method == "HEAD")

    plain: list[BaseRoute] = [
        Route("/view/{token}", view),
        Route("/archive/{token}/capture.wacz", archive, methods=["GET", "HEAD"]),
        Route("/player/frame.css", lambda _request: PlainTextResponse(FRAME_STYLE, media_type="text/css")),
        Route("/health", lambda _request: PlainTextResponse("ok")),
        *(Route(path, _file(file, kind)) for path, (file, kind) in FILES.items()),
    ]
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, routes=plain)
    app.add_exception_handler(WangjianError, _refused)

    @app.middleware("http")
    async def close(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Headers on everything; no cookie ever."""
        response = await answer(request)
        for name, value in headers.items():
            response.headers[name] = value
        if request.url.path == "/replay/sw.js":
            # The worker makes the answers of archived pages, with a policy of its own.
            response.headers["content-security-policy"] = "default-src 'none'; connect-src 'self'; script-src 'self'"
        return response

    return app


def _check_host(request: Request, evidence_id: str, origin: str) -> None:
    """Where each archive has a name of its own it opens under no other, or two could share an origin."""
    wanted, got = urlsplit(origin).hostname or "", (request.url.hostname or "").lower()
    if wanted.startswith(f"{evidence_id}.") and wanted != got:
        raise NotFoundError(
            f"expected this archive to be opened on {wanted}, got {got}", hint="请回到证据页重新打开回放。"
        )


def _leftovers(request: Request) -> str:
    """What an earlier view left in this browser and must not have a say in this one.

    Cookies only below ``localhost``: elsewhere a browser clears them for the whole registrable domain,
    the sign-in to the interface among them.
    """
    own_site = (request.url.hostname or "").endswith(".localhost")
    return '"cookies", "storage"' if own_site else '"storage"'


def _file(path: Path, kind: str) -> Callable[[Request], Response]:
    def serve(_request: Request) -> Response:
        return FileResponse(path, media_type=kind)

    return serve


def _refused(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 404)


def _ranged(package: Package, wanted: Range, *, head: bool) -> Response:
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(wanted.length)}
    if wanted.partial:
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.start + wanted.length - 1}/{wanted.total}"
    status = 206 if wanted.partial else 200
    if head:
        return Response(status_code=status, headers=headers, media_type="application/octet-stream")
    stream = package.open(ARCHIVE)

    def pieces() -> Iterator[bytes]:
        with stream:
            stream.seek(wanted.start)
            left = wanted.length
            while left > 0 and (piece := stream.read(min(PIECE_BYTES, left))):
                left -= len(piece)
                yield piece

    return StreamingResponse(pieces(), status, headers, "application/octet-stream")
