"""First bytes of a proxy connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.egress.handshake import HandshakeError, parse_head


@pytest.mark.parametrize(
    ("target", "host", "port", "first"),
    [
        ("http://a.example/x?y#z", "a.example", 80, b"GET /x?y#z HTTP/1.1"),
        ("http://a.example", "a.example", 80, b"GET / HTTP/1.1"),
        ("http://a.example:81?q", "a.example", 81, b"GET /?q HTTP/1.1"),
        ("http://[::1]:82/", "[::1]", 82, b"GET / HTTP/1.1"),
        ("http://[::1]/", "[::1]", 80, b"GET / HTTP/1.1"),
        ("WS://a.example/s", "a.example", 80, b"GET /s HTTP/1.1"),
    ],
)
def test_absolute_form_becomes_origin_form(target: str, host: str, port: int, first: bytes) -> None:
    """Host and port are read, the request line loses them, proxy headers are dropped."""
    wish = parse_head(f"GET {target} HTTP/1.1\r\nHost: a\r\nProxy-Authorization: x\r\nConnection: k\r\n\r\n".encode())
    assert (wish.host, wish.port) == (host, port)
    assert wish.head.split(b"\r\n")[0] == first
    assert b"Proxy-Authorization" not in wish.head
    assert wish.head.endswith(b"Connection: close\r\n\r\n")


def test_user_info_stays_in_the_host_and_is_refused_later() -> None:
    """``user@host`` is no name; the policy refuses it."""
    assert parse_head(b"GET http://shop@127.0.0.1/ HTTP/1.1\r\n\r\n").host == "shop@127.0.0.1"


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    """Any bytes give a wish or a refusal with an HTTP reply."""
    reply = b"HTTP/1.1 "
    try:
        parse_head(data + b"\r\n\r\n")
    except HandshakeError as error:
        reply = error.reply
    assert reply.startswith(b"HTTP/1.1 ")
