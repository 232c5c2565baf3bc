"""Exchanges as HTTP messages, with secrets veiled."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.capture.exchange import Exchange, Veil, header_pairs, parse_head, request_block, response_block

AT = datetime(2026, 11, 25, tzinfo=UTC)
VEIL = Veil(b"salt")


def exchange(**values: object) -> Exchange:
    """An answered exchange."""
    base: dict[str, object] = {
        "request_id": "1",
        "url": "https://shop.example.test/a?b=1#c",
        "method": "GET",
        "kind": "Document",
        "at": AT,
        "status": 200,
        "status_line": "HTTP/1.1 200 Fine",
        "body": b"hello",
    }
    return Exchange(**{**base, **values})  # type: ignore[arg-type]


def test_cookies_and_credentials_are_veiled_by_name() -> None:
    """Names and attributes stay, values become salted hashes, equal ones equal."""
    pairs = VEIL.headers(
        [
            ("Cookie", "a=topsecret; b=other"),
            ("Set-Cookie", "a=topsecret; Path=/; HttpOnly"),
            ("Authorization", "Bearer topsecret"),
            ("Proxy-Authorization", "topsecret"),
            ("Cookie", "bare"),
            ("X-Other", "kept"),
            ("Set-Cookie", "a=1; topsecret; sameSite=Lax"),
        ]
    )
    text = str(pairs)
    assert "topsecret" not in text
    assert "other" not in text
    assert pairs[0][1].split("; ")[0] == pairs[1][1].split(";")[0]
    assert pairs[1][1].endswith("; Path=/; HttpOnly")
    assert pairs[2][1].startswith("Bearer sha256:")
    assert pairs[5] == ("X-Other", "kept")
    assert pairs[6][1].endswith("; sameSite=Lax")
    assert Veil(b"else").headers([("Cookie", "a=topsecret")]) != pairs[:1]


@example(";00000", "set-cookie")
@given(st.text(min_size=6, max_size=40), st.sampled_from(["Cookie", "set-cookie", "AUTHORIZATION"]))
def test_no_secret_survives_the_veil(secret: str, name: str) -> None:
    """Whatever the value, it is not found in what is written, and no line break gets through."""
    value = VEIL.headers([(name, f"k={secret}q")])[0][1]
    assert f"{secret}q" not in value or len(secret.strip()) < 6 or set(secret) <= set(";= \r\n\x00\t")
    assert "\r" not in value
    assert "\n" not in value


def test_heads_are_parsed_in_order() -> None:
    """Repeated headers, spelling and order stay."""
    line, pairs = parse_head("HTTP/1.1 200 Fine\r\nX-b: 1\r\nx-B: 2\r\nbroken\r\n\r\n")
    assert line == "HTTP/1.1 200 Fine"
    assert pairs == (("X-b", "1"), ("x-B", "2"))
    assert header_pairs({"Set-Cookie": "a=1\nb=2"}) == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_request_in_origin_form() -> None:
    """The request line has no scheme, host or fragment; pseudo headers are dropped; Host is there."""
    block = request_block(exchange(request_head=((":method", "GET"), ("Accept", "*/*")), post_data=b"x"), VEIL)
    assert block == b"GET /a?b=1 HTTP/1.1\r\nHost: shop.example.test\r\nAccept: */*\r\n\r\nx"
    assert request_block(exchange(url="http://shop.example.test"), VEIL).startswith(b"GET / HTTP/1.1\r\n")


def test_response_framing_describes_what_follows() -> None:
    """Headers about a framing that is gone are kept under another name, a true length is added."""
    head = (("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"), ("X", "1"))
    assert response_block(exchange(response_head=head), VEIL) == (
        b"HTTP/1.1 200 Fine\r\nX-Received-Transfer-Encoding: chunked\r\nX-Received-Content-Encoding: gzip\r\n"
        b"X: 1\r\nContent-Length: 5\r\n\r\nhello"
    )
    same = response_block(exchange(response_head=(("content-length", "5"), ("Content-Encoding", "identity"))), VEIL)
    assert same == b"HTTP/1.1 200 Fine\r\ncontent-length: 5\r\nContent-Encoding: identity\r\n\r\nhello"


def test_protocols_without_status_line_get_one() -> None:
    """HTTP/2 answers are written as HTTP/1.1 messages."""
    assert response_block(exchange(status_line="", body=None, status=304), VEIL) == b"HTTP/1.1 304\r\n\r\n"
    assert response_block(exchange(status_line="h2 200", body=b""), VEIL).startswith(b"HTTP/1.1 200\r\n")
