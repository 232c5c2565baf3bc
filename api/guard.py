"""What stands before every route: host check, size limit, security headers.

Spec: W3C CSP Level 3; OWASP ASVS 5.0 V3, V4.2; RFC 9110 7.4 (misdirected requests).
"""

import json
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import Context
from api.errors import PROBLEM_TYPE, HostError, TooLargeError, problem_of
from kernel.errors import WangjianError

MAX_BODY_BYTES = 12_000_000


def content_policy() -> str:
    """The Content-Security-Policy of every page: nothing inline, nothing from elsewhere, no frames.

    Archived pages open in a tab of their own: browsers that block third-party storage refuse a
    player in a frame its service worker.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; frame-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def security_headers(context: Context) -> dict[str, str]:
    """The headers of every answer."""
    headers = {
        "content-security-policy": content_policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "x-robots-tag": "noindex, nofollow",
    }
    if context.https:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._hosts = context.allowed_hosts()
        self._replay_names = context.replay_names() - self._hosts
        self._home = context.web_origin
        self._raw = [(name.encode(), value.encode()) for name, value in security_headers(context).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse before any route is looked at."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] in {"GET", "HEAD"} and headers.get("host", "").lower() in self._replay_names:
            await self._send_home(scope, send)
            return
        refusal = self._refusal(headers)
        if refusal:
            await self._refuse(refusal, scope, send)
            return
        await self._app(scope, _limited(receive), self._with_headers(scope, send))

    def _refusal(self, headers: Headers) -> WangjianError | None:
        if headers.get("host", "").lower() not in self._hosts:
            return HostError("expected this installation's host name", hint="Open the address printed at start-up.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return TooLargeError(f"expected at most {MAX_BODY_BYTES} bytes", hint="请拆分后再上传。")
        return None

    async def _send_home(self, scope: Scope, send: Send) -> None:
        """To the same page under our own name."""
        query = scope["query_string"]
        where = self._home.encode() + quote(scope["path"]).encode() + (b"?" + query if query else b"")
        start: Message = {"type": "http.response.start", "status": 307, "headers": [(b"location", where)]}
        await self._with_headers(scope, send)(start)
        await send({"type": "http.response.body", "body": b""})

    async def _refuse(self, error: WangjianError, scope: Scope, send: Send) -> None:
        problem = problem_of(error)
        body = json.dumps(problem.as_json(scope["path"]), ensure_ascii=False).encode()
        raw = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        start: Message = {"type": "http.response.start", "status": problem.status, "headers": raw}
        await self._with_headers(scope, send)(start)
        await send({"type": "http.response.body", "body": body})

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        static = scope["path"].startswith("/static/")

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._completed([*message["headers"]], static=static)
            await send(message)

        return wrapped

    def _completed(self, raw: list[tuple[bytes, bytes]], *, static: bool) -> list[tuple[bytes, bytes]]:
        """An answer's headers with ours behind them; what a page has set itself stands.

        A page may have a closer policy of its own (the verifier's names its script by digest).
        """
        own = {name.lower(): value for name, value in raw}
        policy = own.get(b"content-security-policy", b"")
        frames = policy and b"frame-ancestors 'none'" not in policy
        for name, value in self._raw:
            # The older header knows no list of hosts and would forbid what the policy allows.
            if name not in own and not (frames and name == b"x-frame-options"):
                raw.append((name, value))
        if not static and b"cache-control" not in own:
            raw.append((b"cache-control", b"no-store"))
        return raw


def _limited(receive: Receive) -> Receive:
    """Bodies without a length (chunked) are counted as they come."""
    seen = 0

    async def wrapped() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise TooLargeError(f"expected at most {MAX_BODY_BYTES} bytes", hint="请拆分后再上传。")
        return message

    return wrapped
