"""A door of its own for the one question that everybody asks at once: what a badge is worth now.

Routing, dependencies and response objects cost more than the answer, which lies in memory. Where it does, and is fresh,
it is sent as it is; anything else (another address, a query, a first look, an address that asked too much) goes the
long way, through the route ``/api/v1/badges/{badge_id}``, which says the same. The guard stands before both.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.context import Context

PATH = "/api/v1/badges/"
_CONDITIONS = frozenset({b"if-none-match", b"range"})


class BadgeDoor:
    """ASGI middleware within the guard.

    Args:
        headers: of every answer of the route, beside its entity tag and length.
    """

    def __init__(self, app: ASGIApp, context: Context, headers: dict[str, str]) -> None:
        self._app = app
        self._context = context
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._headers.append((b"content-type", b"application/json"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or hand on."""
        found = self._ready(scope) if scope["type"] == "http" and scope["path"].startswith(PATH) else None
        if found is None:
            await self._app(scope, receive, send)
            return
        body, etag = found
        headers = [*self._headers, (b"content-length", b"%d" % len(body)), (b"etag", etag)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _ready(self, scope: Scope) -> tuple[bytes, bytes] | None:
        if scope["method"] != "GET" or scope["query_string"]:
            return None
        if not _CONDITIONS.isdisjoint(name for name, _ in scope["headers"]):
            return None
        found = self._context.badge_desk.ready(scope["path"][len(PATH) :])
        address = scope["client"][0] if scope["client"] else ""
        return found if found is not None and self._context.badge_share.take(address) else None
