"""One small GET that stays where it was sent."""

import gzip
import socket
from collections.abc import Iterator

import pytest

from crawlers.egress.errors import ResolveError
from crawlers.egress.pinned_fetch import Way, pinned_get
from crawlers.egress.policy import Policy
from crawlers.egress.resolver import Lookup
from kernel.outside import Fetched
from tests.servers.tiny_shop import Page, TinyShop, bomb, html, serving

HOST = "shop.example.test"
OTHER = "evil.example.test"


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A site with a name."""
    with serving(TinyShop(pages={"/": html("首页", "<p>茶</p>")})) as running:
        yield running


def _get(shop: TinyShop, path: str = "/", *, host: str = HOST, max_bytes: int = 4096, cap_s: float = 5.0) -> Fetched:
    policy = Policy((f"127.0.0.1:{shop.port}",), (f"{HOST}=127.0.0.1", f"{OTHER}=127.0.0.1"))
    return pinned_get(f"http://{host}:{shop.port}{path}", Way(policy, "test", cap_s=cap_s), max_bytes=max_bytes)


def _nobody(host: str) -> Lookup:
    raise ResolveError(f"{host} has no address")


def _to(target: str) -> Page:
    return Page(status=302, headers={"Location": target})


def test_a_page_comes_whole(shop: TinyShop) -> None:
    """With its type and the address that was connected to."""
    answer = _get(shop)
    assert (answer.status, answer.error, answer.truncated) == (200, "", False)
    assert answer.content_type == "text/html; charset=utf-8"
    assert "茶".encode() in answer.body
    assert answer.address == f"127.0.0.1:{shop.port}"
    assert shop.asked[0].headers["Host"] == f"{HOST}:{shop.port}"


def test_redirects_on_the_host_are_followed(shop: TinyShop) -> None:
    """A few of them."""
    shop.pages["/old"] = _to("/new")
    shop.pages["/new"] = _to(f"http://{HOST}:{shop.port}/")
    answer = _get(shop, "/old")
    assert answer.status == 200
    assert answer.final_url.endswith("/")
    assert len(answer.hops) == 3


@pytest.mark.parametrize(
    "target", ["http://{other}:{port}/", "//{other}:{port}/", "http://127.0.0.1:{port}/", "http://{host}:1/"]
)
def test_no_redirect_leaves_the_host(shop: TinyShop, target: str) -> None:
    """Not to another name, not to its bare address, not to another port; nothing is asked there."""
    shop.pages["/go"] = _to(target.format(other=OTHER, host=HOST, port=shop.port))
    shop.pages["/"] = html("stolen", "stolen")
    answer = _get(shop, "/go")
    assert (answer.error, answer.status, answer.body) == ("redirect-off-host", 0, b"")
    assert shop.paths == ["/go"]


def test_a_circle_ends(shop: TinyShop) -> None:
    """And says where it went."""
    shop.pages["/a"], shop.pages["/b"] = _to("/b"), _to("/a")
    answer = _get(shop, "/a")
    assert answer.error == "too-many-redirects"
    assert len(shop.paths) == 4


def test_bytes_are_few(shop: TinyShop) -> None:
    """Also those that are unpacked."""
    shop.pages["/big"] = Page(b"x" * 100_000)
    shop.pages["/bomb"] = bomb(50_000_000)
    shop.pages["/packed"] = Page(gzip.compress(b"small"), headers={"Content-Encoding": "gzip"})
    for path in ("/big", "/bomb"):
        answer = _get(shop, path)
        assert (len(answer.body), answer.truncated) == (4096, True)
    assert _get(shop, "/packed").body == b"small"
    assert _get(shop, "/big", max_bytes=100_000).truncated is False


def test_what_stops_a_fetch(shop: TinyShop) -> None:
    """Each by its word."""
    shop.pages["/slow"] = Page(b"x" * 200, drip=0.05)
    shop.pages["/broken"] = Page(b"not packed at all", headers={"Content-Encoding": "gzip"})
    assert _get(shop, "/slow", cap_s=0.4).error == "timeout"
    assert _get(shop, "/broken").error == "not-http"
    assert pinned_get(f"http://{HOST}/", Way(Policy(), "test", resolver=_nobody), max_bytes=10).error == "no-address"
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    policy = Policy((f"127.0.0.1:{port}",), (f"{HOST}=127.0.0.1",))
    assert pinned_get(f"http://{HOST}:{port}/", Way(policy, "test"), max_bytes=10).error == "no-connection"
    secure = Policy((f"127.0.0.1:{shop.port}",), (f"{HOST}=127.0.0.1",))
    assert pinned_get(f"https://{HOST}:{shop.port}/", Way(secure, "t"), max_bytes=10).error == "bad-certificate"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/", "http://0x7f.1/"])
def test_inside_is_never_reached(url: str) -> None:
    """Whatever the address looks like."""
    answer = pinned_get(url, Way(Policy(), "test"), max_bytes=10)
    assert answer.error == "not-public"
    assert pinned_get("ftp://shop.example.test/", Way(Policy(), "test"), max_bytes=10).error == "not-http"


def test_a_name_that_leads_inside_is_not_reached(shop: TinyShop) -> None:
    """Rebinding or not: the address that was judged is the one that would be used."""
    policy = Policy((), (f"{HOST}=127.0.0.1",))
    assert pinned_get(f"http://{HOST}/", Way(policy, "test"), max_bytes=10).error == "not-public"
    assert shop.asked == []
