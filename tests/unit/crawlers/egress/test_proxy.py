"""The proxy spoken to directly, in every dialect, against a real server and a canary."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

import pytest

from crawlers.egress.errors import ResolveError
from crawlers.egress.policy import Policy
from crawlers.egress.proxy import EgressProxy
from crawlers.egress.record import Budget
from crawlers.egress.resolver import Answer, Lookup
from tests.unit.crawlers.capture.site import Site, answer

FORMS = (
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "127.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",  # noqa: S104 - a target that must be refused
    "127.0.0.1.",
    "inside.example.test",
)


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that may be reached."""
    with Site() as site:
        site.routes["/"] = answer("hello", "text/plain")
        yield site


@pytest.fixture
def canary() -> Iterator[Site]:
    """A server that must not see a connection."""
    with Site() as canary:
        yield canary
        assert canary.connections == 0


def allow(site: Site, *hosts: str) -> Policy:
    """A policy that opens one site."""
    return Policy((f"127.0.0.1:{site.port}",), ("shop.example.test=127.0.0.1", *hosts))


async def speak(proxy: EgressProxy, data: bytes) -> bytes:
    """Send bytes to the proxy and read until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


def socks(host: str, port: int, payload: bytes = b"") -> bytes:
    """A SOCKS5 conversation written at once."""
    name = host.encode()
    return b"\x05\x01\x00" + b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big") + payload


def connect(host: str, port: int) -> bytes:
    """A CONNECT request."""
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def plain(host: str, port: int) -> bytes:
    """A request in absolute form."""
    return f"GET http://{host}:{port}/ HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: keep-alive\r\n\r\n".encode()


def upgrade(host: str, port: int) -> bytes:
    """A WebSocket handshake in absolute form."""
    lines = (f"GET ws://{host}:{port}/ HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket", "", "")
    return "\r\n".join(lines).encode()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("dialect", "form"),
    list(itertools.product((socks, connect, plain, upgrade), FORMS)),
    ids=lambda value: getattr(value, "__name__", value)[:24],
)
async def test_no_dialect_reaches_inside(
    canary: Site, site: Site, dialect: Callable[[str, int], bytes], form: str
) -> None:
    """Every dialect and spelling is refused, told apart from the site's answers, and written down."""
    async with EgressProxy(allow(site, "inside.example.test=127.0.0.1")) as proxy:
        reply = await speak(proxy, dialect(form.strip("[]") if dialect is socks else form, canary.port))
    assert reply == b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00" if dialect is socks else b"403" in reply
    assert [(record.ended, record.address) for record in proxy.records] == [("refused", "")]
    assert proxy.records[0].as_dict()["reason"] in {"not-global", "literal", "host", "port"}


@pytest.mark.asyncio
async def test_open_site_is_reached_in_every_dialect(site: Site) -> None:
    """An opened destination passes; SOCKS passes the very bytes, absolute form becomes origin form."""
    request = b"GET / HTTP/1.1\r\nHost: shop.example.test\r\nX-Odd:  spacing \r\nConnection: close\r\n\r\n"
    async with EgressProxy(allow(site)) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(socks("shop.example.test", site.port, request))
        assert (await reader.readexactly(12))[3] == 0
        assert b"hello" in await reader.readuntil(b"hello")
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(plain("shop.example.test", site.port))
        assert b"hello" in await reader.readuntil(b"hello")
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(connect("shop.example.test", site.port))
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()
        assert proxy.address_of("shop.example.test", site.port) == "127.0.0.1"
        assert proxy.addresses() == {("shop.example.test", site.port): "127.0.0.1"}
    assert site.hits[0] == request
    assert site.hits[1].startswith(b"GET / HTTP/1.1\r\n")
    assert b"Proxy-Connection" not in site.hits[1]
    assert proxy.records[0].sent == len(request)
    assert proxy.records[0].received > 0
    assert {record.mode for record in proxy.records} == {"socks", "plain", "connect"}


@pytest.mark.asyncio
async def test_a_name_is_asked_for_once(canary: Site) -> None:
    """A resolver that changes its mind changes nothing: the first judged answer stays (rebinding)."""
    asked: list[str] = []

    def rebinding(host: str) -> Lookup:
        asked.append(host)
        return Lookup(host, (Answer("127.0.0.2" if len(asked) == 1 else "127.0.0.1", 0),), "fake")

    with Site(None, "127.0.0.2", canary.port) as first:
        first.routes["/"] = answer("first", "text/plain")
        policy = Policy((f"127.0.0.2:{first.port}",))
        async with EgressProxy(policy, resolver=rebinding) as proxy:
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                writer.write(plain("rebind.example.test", first.port))
                assert b"first" in await reader.readuntil(b"first")
                writer.close()
        assert first.connections == 3
    assert asked == ["rebind.example.test"]
    assert proxy.records[0].answers == (Answer("127.0.0.2", 0),)


@pytest.mark.asyncio
async def test_mixed_answers_are_refused(canary: Site) -> None:
    """One inside address among public ones is enough."""
    mixed = Lookup("m.example.test", (Answer("8.8.8.8", 60), Answer("127.0.0.1", 60)), "fake")
    async with EgressProxy(Policy(), resolver=lambda _: mixed) as proxy:
        assert b"403" in await speak(proxy, plain("m.example.test", 80))
    assert proxy.records[0].reason == "mixed"
    assert proxy.records[0].as_dict()["answers"] == [
        {"address": "8.8.8.8", "ttl": 60},
        {"address": "127.0.0.1", "ttl": 60},
    ]


@pytest.mark.asyncio
async def test_failed_lookup_is_kept_and_told() -> None:
    """A name without address is refused, and asked for once only."""
    asked: list[str] = []

    def fails(host: str) -> Lookup:
        asked.append(host)
        raise ResolveError(f"{host} has no address")

    async with EgressProxy(Policy(), resolver=fails) as proxy:
        for _ in range(2):
            assert b"egress.refused.unresolved" in await speak(proxy, plain("gone.example.test", 80))
    assert asked == ["gone.example.test"]


@pytest.mark.asyncio
async def test_dead_port_is_told_as_unreachable() -> None:
    """An opened address where nobody listens is a failure, not a refusal."""
    with Site() as gone:
        port = gone.port
    async with EgressProxy(Policy((f"127.0.0.1:{port}",))) as proxy:
        assert b"502" in await speak(proxy, plain("127.0.0.1", port))
        assert (await speak(proxy, socks("127.0.0.1", port)))[3] == 4
    assert [record.ended for record in proxy.records] == ["failed", "failed"]


@pytest.mark.asyncio
async def test_budgets_end_what_passes(site: Site) -> None:
    """Bytes and connections are bounded, and the proxy says that it stopped."""
    site.routes["/"] = answer("x" * 500_000, "text/plain")
    async with EgressProxy(allow(site), Budget(max_bytes=100_000)) as proxy:
        reply = await speak(proxy, plain("shop.example.test", site.port))
        assert len(reply) < 500_000
        assert proxy.spent.is_set()
        assert b"budget" in await speak(proxy, plain("shop.example.test", site.port))
    assert [record.ended for record in proxy.records] == ["budget", "budget"]
    async with EgressProxy(Policy(), Budget(max_connections=1)) as proxy:
        await speak(proxy, plain("127.0.0.1", 80))
        assert b"budget" in await speak(proxy, plain("127.0.0.1", 80))


@pytest.mark.asyncio
async def test_silence_ends(site: Site) -> None:
    """A site that says nothing for long is let go."""

    async def silent(_head: bytes, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    site.routes["/"] = silent
    async with EgressProxy(allow(site), Budget(idle_s=0.2)) as proxy:
        assert await speak(proxy, plain("shop.example.test", site.port)) == b""
    assert proxy.records[0].ended == "idle"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"\x05\x01\x02", b"\x05\xff"),
        (b"\x05\x01\x00\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", b"\x05\x00\x05\x07"),
        (b"\x05\x01\x00\x05\x01\x00\x09", b"\x05\x00\x05\x08"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET ftp://a.example/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"CONNECT a.example HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"CONNECT a.example:99999 HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET " + b"x" * 70_000 + b"\r\n\r\n", b"HTTP/1.1 431"),
    ],
)
async def test_what_is_no_handshake_is_refused(data: bytes, reply: bytes) -> None:
    """Unknown dialects get a short refusal and open nothing."""
    async with EgressProxy(Policy()) as proxy:
        assert (await speak(proxy, data)).startswith(reply)
    assert proxy.records == []


@pytest.mark.asyncio
async def test_addresses_in_socks_are_judged_too(canary: Site) -> None:
    """The binary address forms of SOCKS5 are no way round."""
    port = canary.port.to_bytes(2, "big")
    async with EgressProxy(Policy()) as proxy:
        assert (await speak(proxy, b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + port))[3] == 2
        assert (await speak(proxy, b"\x05\x01\x00\x05\x01\x00\x04" + bytes(15) + b"\x01" + port))[3] == 2
    assert proxy.socks_url == f"socks5://127.0.0.1:{proxy.port}"
    assert proxy.http_url == f"http://127.0.0.1:{proxy.port}"
