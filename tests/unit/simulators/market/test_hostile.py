import asyncio
import re
import zlib
from itertools import islice

import pytest

from simulators.market import Ports
from simulators.market.hostile import BOMB_BYTES, DEPTH, HUGE_IMAGE, HostileHost, bomb, inflated
from simulators.market.wire import Reply, Request


def _get(host: HostileHost, path: str) -> Reply:
    return host(Request("GET", "hostile.example.test", path, {}, 1, tls=False))


@pytest.fixture
def host() -> HostileHost:
    """A fresh hostile host."""
    return HostileHost(Ports())


def test_every_page_is_linked_from_the_home_page(host: HostileHost) -> None:
    """A crawler that follows links meets them all, and each answers."""
    home = _get(host, "/").body.decode()
    assert set(re.findall(r'href="([^"]+)"', home)) == set(host.routes)
    for path in host.routes:
        assert _get(host, path).status in {200, 302, 429, 503}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/redirect/ten", "http://10.0.0.1/"),
        ("/redirect/metadata", "http://169.254.169.254/latest/meta-data/"),
        ("/redirect/loopback?target=http://127.0.0.1:77/x", "http://127.0.0.1:77/x"),
        ("/redirect/chain?target=http://10.1.1.1/", "/redirect/to?target=http://10.1.1.1/"),
        ("/loop", "/loop?again=1"),
        ("/members/item/1", "/login?next=/members/item/1"),
    ],
)
def test_redirects(host: HostileHost, path: str, target: str) -> None:
    """Where each redirect leads."""
    assert dict(_get(host, path).headers)["Location"] == target


def test_the_bomb_is_small_on_the_wire_and_a_gigabyte_inflated(host: HostileHost) -> None:
    """One well-formed gzip stream."""
    reply = _get(host, "/bomb")
    assert len(reply.body) < 2_000_000
    assert inflated(reply.body) == BOMB_BYTES >= 1 << 30
    assert reply.body is _get(host, "/bomb").body
    checker = zlib.decompressobj(31)
    assert len(checker.decompress(bomb(), 4096)) == 4096


def test_the_calendar_never_ends(host: HostileHost) -> None:
    """Each month leads to the next, however far one goes; nonsense is month 0."""
    path = "/calendar"
    for number in range(50):
        body = _get(host, path).body.decode()
        path = re.findall(r'rel="next" href="([^"]+)"', body)[0]
        assert path == f"/calendar?month={number + 1}"
    assert _get(host, "/calendar?month=999999").status == 200
    assert _get(host, "/calendar?month=x").body == _get(host, "/calendar").body


def test_encodings_lie(host: HostileHost) -> None:
    """Declared UTF-8 but GBK, and the other way round."""
    first, second = _get(host, "/gbk-as-utf8"), _get(host, "/utf8-as-gbk")
    assert "utf-8" in dict(first.headers)["Content-Type"]
    assert "编码混乱" in first.body.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        first.body.decode("utf-8")
    assert "gbk" in dict(second.headers)["Content-Type"]
    assert "编码混乱" in second.body.decode("utf-8")


def test_busy_once_then_not(host: HostileHost) -> None:
    """429 with Retry-After on the first hit, the page on the second; anew after forgetting."""
    first = _get(host, "/busy")
    assert (first.status, dict(first.headers)["Retry-After"]) == (429, "1")
    assert _get(host, "/busy").status == 200
    host.forget()
    assert _get(host, "/busy").status == 429


def test_odd_bytes(host: HostileHost) -> None:
    """NUL bytes, a deep tree, a long line, many headers, scripts in a title and a shop name."""
    assert b"\0" in _get(host, "/nul").body
    assert _get(host, "/deep").body.count(b"<div>") == DEPTH
    assert max(map(len, _get(host, "/line").body.split(b"\n"))) > 1_000_000
    assert len(_get(host, "/headers").headers) > 200
    assert b"&lt;script&gt;" in _get(host, "/script-title").body
    assert b"<script" not in _get(host, "/script-title").body
    assert b"javascript:" in _get(host, "/links").body


def test_walls_and_doors(host: HostileHost) -> None:
    """Login wall, captcha, a page robots.txt forbids, an unknown page."""
    assert b'type="password"' in _get(host, "/login").body
    assert "验证" in _get(host, "/captcha").body.decode()
    assert b"Disallow: /private/" in _get(host, "/robots.txt").body
    assert _get(host, "/nothing").status == 404


def test_the_egress_page_reaches_for_the_target_in_every_way(host: HostileHost) -> None:
    """Sub-resources, frames, fetch, beacon, WebSocket, EventSource, worker; the target is escaped."""
    target = "http://10.9.8.7:99/"
    body = _get(host, f"/egress?target={target}").body.decode()
    assert body.count(target) >= 9
    assert "ws://10.9.8.7:99/" in body
    assert all(word in body for word in ("WebSocket", "serviceWorker", "sendBeacon", "EventSource", "fetch("))
    assert target in _get(host, f"/sw.js?target={target}").body.decode()
    assert "<b>" not in _get(host, "/egress?target=%22%3E%3Cb%3E").body.decode()


async def _first(reply: Reply, count: int) -> list[bytes]:
    assert reply.stream is not None
    found = []
    async for piece in reply.stream:
        found.append(piece)
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize("path", ["/drip", "/endless", "/cut"])
def test_pages_without_end(host: HostileHost, path: str) -> None:
    """They begin like any page and close no tag."""
    pieces = asyncio.run(_first(_get(host, path), 1))
    assert pieces[0].startswith(b"<!DOCTYPE html>")


def test_the_endless_page_goes_on(host: HostileHost) -> None:
    """Piece after piece."""
    pieces = asyncio.run(_first(_get(host, "/endless"), 40))
    assert sum(map(len, pieces)) > 1_000_000
    assert not any(b"</html>" in piece for piece in islice(pieces, 40))


def test_the_image_is_as_large_as_it_says(host: HostileHost) -> None:
    """Fifty megabytes, declared and sent."""

    async def size(reply: Reply) -> int:
        assert reply.stream is not None
        return sum([len(piece) async for piece in reply.stream])

    reply = _get(host, "/big.png")
    assert reply.length == HUGE_IMAGE
    assert asyncio.run(size(reply)) == HUGE_IMAGE
