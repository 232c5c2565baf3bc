import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.market.wire import MAX_HEAD, Connection, Reply, Request, head_of, parse_head


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_none(data: bytes) -> None:
    """The parser never raises."""
    found = parse_head(data, port=1, tls=False)
    assert found is None or isinstance(found, Request)


def test_a_request_head() -> None:
    """Host without port and in lower case, path with query; a proxy's absolute form is understood."""
    head = b"GET http://Pingtai.Example.test:80/a?b=1 HTTP/1.1\r\nHost: Pingtai.Example.test:80\r\nX-Y:  z "
    found = parse_head(head, port=80, tls=False)
    assert found is not None
    assert (found.method, found.host, found.path) == ("GET", "pingtai.example.test", "/a?b=1")
    assert found.headers["x-y"] == "z"


def test_a_reply_head() -> None:
    """Length and connection are said; an odd status has a phrase too."""
    assert b"Content-Length: 2\r\nConnection: keep-alive" in head_of(Reply(200, b"ab"), keep=True)
    assert head_of(Reply(799), keep=False).startswith(b"HTTP/1.1 799 Odd")


async def _talk(sent: bytes, handler: object) -> bytes:
    loop = asyncio.get_running_loop()
    open_ones: set[Connection] = set()
    server = await loop.create_server(
        lambda: Connection(handler, tls=False, open_ones=open_ones),  # type: ignore[arg-type]
        "127.0.0.1",
        0,
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(sent)
    got = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return got


def _echo(request: Request) -> Reply:
    return Reply(200, request.path.encode())


def _ask(path: str, *, method: str = "GET", close: bool = False, body: bytes = b"") -> bytes:
    more = "Connection: close\r\n" if close else ""
    more += f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: a.example.test\r\n{more}\r\n".encode() + body


def test_requests_on_one_connection_are_answered_in_turn() -> None:
    """Pipelined requests and a request with a body; HEAD has no body in its answer."""
    sent = _ask("/one", method="POST", body=b"x" * 10) + _ask("/two", method="HEAD") + _ask("/three", close=True)
    got = asyncio.run(_talk(sent, _echo))
    assert got.count(b"HTTP/1.1 200") == 3
    assert b"/one" in got
    assert b"/two" not in got
    assert got.endswith(b"/three")


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"x" * (MAX_HEAD + 1)], ids=["not HTTP", "endless head"])
def test_what_is_not_http_is_hung_up_on(sent: bytes) -> None:
    """No answer, no hanging connection."""
    assert asyncio.run(_talk(sent, _echo)) == b""


async def _pieces() -> AsyncIterator[bytes]:
    for number in range(3):
        await asyncio.sleep(0)
        yield str(number).encode()


def test_streams_end_the_connection() -> None:
    """A stream is written piece by piece; without a length the end of the connection ends it."""
    got = asyncio.run(_talk(_ask("/"), lambda _request: Reply(200, stream=_pieces())))
    assert got.endswith(b"\r\n\r\n012")
    assert b"Connection: close" in got


def test_answers_may_take_their_time() -> None:
    """A coroutine as answer, then the next request."""

    async def later(request: Request) -> Reply:
        await asyncio.sleep(0)
        return _echo(request)

    assert asyncio.run(_talk(_ask("/a") + _ask("/b", close=True), later)).count(b"HTTP/1.1 200") == 2
