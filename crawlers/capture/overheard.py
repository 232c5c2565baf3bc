"""Requests that only Playwright heard.

A worker may begin before our own line to it listens, for Playwright lets it run as soon as it is
there. What Playwright heard of it and we did not is added here, marked by its session name.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request

from crawlers.capture.exchange import Exchange

SESSION = "overheard"
WAIT_S = 2.0


async def overheard(requests: Iterable[Request], known: set[tuple[str, str]]) -> list[Exchange]:
    """Exchanges for the requests that are not known yet.

    Args:
        requests: all that Playwright heard. known: ``(method, URL)`` of what we heard ourselves.

    Returns:
        one exchange a request; header order and spelling are Playwright's, not the wire's.
    """
    missing = [
        item
        for item in requests
        if item.url.startswith(("http://", "https://")) and (item.method, item.url.partition("#")[0]) not in known
    ]
    return [await _exchange(item) for item in missing]


async def _exchange(request: Request) -> Exchange:
    began = request.timing["startTime"] / 1000
    exchange = Exchange(
        request_id="",
        url=request.url.partition("#")[0],
        method=request.method,
        kind=request.resource_type.capitalize(),
        at=datetime.fromtimestamp(max(began, 0), UTC),
        session=SESSION,
        request_head=tuple(request.headers.items()),
        post_data=request.post_data_buffer or b"",
        failure=(request.failure or "").removeprefix("net::"),
    )
    try:
        await asyncio.wait_for(_answer(request, exchange), WAIT_S)
    except (PlaywrightError, TimeoutError):
        exchange.failure = exchange.failure or "no_answer"
    return exchange


async def _answer(request: Request, exchange: Exchange) -> None:
    response = await request.response()
    if response is None:
        return
    exchange.status = response.status
    exchange.status_line = f"HTTP/1.1 {response.status} {response.status_text}".rstrip()
    exchange.response_head = tuple((item["name"], item["value"]) for item in await response.headers_array())
    security = await response.security_details()
    if security:
        exchange.tls_protocol = str(security.get("protocol", ""))
        exchange.certificate_subject = str(security.get("subjectName", ""))
    exchange.body = await response.body()
    exchange.data_bytes = len(exchange.body)
    exchange.finished = True
