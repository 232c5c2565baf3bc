"""An ASGI application as a stand-in."""

import http.client
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from simulators.standins.app_server import AppServer


def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"hello {request.url.path}")


def test_it_is_served_until_it_is_closed() -> None:
    """On a port of its own, known before it starts; afterwards nobody listens there."""
    server = AppServer(Starlette(routes=[Route("/{rest:path}", _hello)]), lambda url: {"url": url, "more": 1})
    told = server.start()
    assert told == {"url": server.url(), "more": 1}
    place = str(told["url"]).removeprefix("http://")
    connection = http.client.HTTPConnection(place, timeout=60)
    connection.request("GET", "/a")
    assert connection.getresponse().read() == b"hello /a"
    connection.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(place, timeout=60).connect()


def test_one_that_does_not_come_up_is_told() -> None:
    """Its start failed: better said at once than by every caller."""

    async def failing(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    server = AppServer(failing)
    with pytest.raises(RuntimeError, match="come up"):
        server.start()
    server.close()
