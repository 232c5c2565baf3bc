"""The replay origin: ``uvicorn api.replay:create_replay_app --factory``.

Archived pages are hostile. They are replayed by an unmodified ReplayWeb.page on an origin of its own
that knows no sign-in, sets no cookie, and gives out nothing but the player and, for a signed and
short-lived token, one archive.

Spec: RFC 9110 section 14 (ranges); W3C Service Workers.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from jinja2 import Environment
from starlette.routing import BaseRoute, Route

from api.byte_range import Range, read_range
from api.context import Context
from api.errors import NotFoundError
from api.packages import ARCHIVE, stored_package
from api.queries.evidence import find_for_replay
from api.replay_token import read_token, replay_key
from api.ui.rendering import STATIC
from evidence.package import Package
from kernel import clock
from kernel.config import Settings
from kernel.config import settings as read_settings
from kernel.errors import WangjianError

PLAYER = STATIC / "vendor" / "replaywebpage"
PIECE_BYTES = 1 << 18
FILES = {
    "/player/ui.js": ("ui.js", "text/javascript; charset=utf-8"),
    "/replay/sw.js": ("replay/sw.js", "text/javascript; charset=utf-8"),
    "/player/LICENSE": ("LICENSE", "text/plain; charset=utf-8"),
    "/player/SOURCE.md": ("SOURCE.md", "text/plain; charset=utf-8"),
}
VIEW = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>replay</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/player/frame.css"><script src="/player/ui.js"></script></head>
<body><header><b>存档回放 Archived page</b> <span>{{ url }}</span>
<a href="/player/SOURCE.md">ReplayWeb.page 2.5.3, AGPL-3.0</a></header>
<replay-web-page source="{{ source }}" url="{{ url }}" replaybase="/replay/" embed="replayonly"
 coll="{{ coll }}" nocache="true" hidemetadatasidebar="true"></replay-web-page></body></html>"""
)
FRAME_STYLE = (
    "html,body{margin:0;height:100%}body{display:flex;flex-direction:column;font:14px/1.5 system-ui,sans-serif}"
    "header{padding:.4rem .8rem;background:#7a4b00;color:#fff;overflow-wrap:anywhere}a{color:#fff;float:right}"
    "replay-web-page{display:block;flex:1;min-height:0}"
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

    def view(request: Request) -> Response:
        evidence_id = read_token(key, request.path_params["token"], now())
        with context.database.read() as session:
            evidence = find_for_replay(session, evidence_id)
        source = f"/archive/{request.path_params['token']}/capture.wacz"
        url = str(evidence.summary.get("final_url") or evidence.url)
        # What an earlier archived page left in this browser must not have a say in this one.
        clean = {"clear-site-data": '"cookies", "storage"'}
        return HTMLResponse(VIEW.render(source=source, url=url, coll=evidence_id), headers=clean)

    def archive(request: Request) -> Response:
        evidence_id = read_token(key, request.path_params["token"], now())
        with context.database.read() as session:
            evidence = find_for_replay(session, evidence_id)
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
        *(Route(path, _file(name, kind)) for path, (name, kind) in FILES.items()),
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


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    def serve(_request: Request) -> Response:
        return FileResponse(PLAYER / name, media_type=kind)

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
