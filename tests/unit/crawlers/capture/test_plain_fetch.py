"""A fetch without the browser, against sites whose truth is known."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.capture import plain_fetch
from crawlers.capture.exchange import Veil
from crawlers.capture.plain_fetch import Fetch, Way, fetch
from crawlers.egress.policy import Policy
from tests.unit.crawlers.capture.site import Authority, Site, answer

HEADERS = (("User-Agent", "WangjianBot/test"),)


@pytest.fixture
def site() -> Iterator[Site]:
    """A plain site."""
    with Site() as site:
        site.routes["/"] = answer("<title>t</title>", "text/html", "200 OK", "Set-Cookie: sid=secret; Path=/")
        yield site


def way(*sites: Site, **changes: object) -> Way:
    """A way out that opens these sites under test names."""
    policy = Policy(
        allow=tuple(f"{address}:{site.port}" for site in sites for address in ("127.0.0.1", "[::1]")),
        hosts=("shop.example.test=127.0.0.1", "six.example.test=::1"),
    )
    return Way(policy, HEADERS, **changes)  # type: ignore[arg-type]


def brief(found: Fetch) -> list[tuple[int, str]]:
    """Status and path of each hop."""
    return [(hop.status, hop.url.rpartition("/")[2]) for hop in found.hops]


def test_redirects_are_followed_hop_by_hop(site: Site) -> None:
    """Each hop with its address; cookies are veiled in the record; the body is as sent."""
    site.routes["/r"] = answer("", "text/plain", "302 Found", "Location: /")
    found = fetch(f"http://shop.example.test:{site.port}/r", way(site))
    assert brief(found) == [(302, "r"), (200, "")]
    assert (found.body, found.error) == (b"<title>t</title>", "")
    told = found.as_dict(Veil(b"salt"))
    assert "secret" not in str(told)
    assert told["hops"][0]["remote_address"] == "127.0.0.1"  # type: ignore[index]
    assert told["body_sha256"] == hashlib.sha256(b"<title>t</title>").hexdigest()
    assert any(b"User-Agent: WangjianBot/test" in hit for hit in site.hits)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_facts_are_those_of_the_connection(tmp_path: Path, version: ssl.TLSVersion) -> None:
    """Version, cipher and leaf."""
    authority = Authority(tmp_path)
    context, leaf = authority.leaf("shop.example.test")
    context.minimum_version = context.maximum_version = version
    with Site(context) as site:
        site.routes["/"] = answer("x")
        found = fetch(f"https://shop.example.test:{site.port}/", way(site, roots=str(authority.file)))
    assert found.error == ""
    hop = found.hops[0]
    assert (hop.tls, hop.leaf, hop.tls_error) == (version.name.replace("TLSv1_", "TLSv1."), leaf, "")
    assert hop.cipher


def test_a_bad_certificate_only_where_it_is_accepted(tmp_path: Path) -> None:
    """Refused with the reason; accepted by order, and then the reason is kept."""
    context, leaf = Authority(tmp_path, "Foreign").leaf("shop.example.test")
    with Site(context) as site:
        site.routes["/"] = answer("x")
        url = f"https://shop.example.test:{site.port}/"
        refused, accepted = fetch(url, way(site)), fetch(url, way(site, accept_bad_tls=True))
    assert (refused.hops, "CERTIFICATE_VERIFY_FAILED" in refused.error) == ([], True)
    assert accepted.hops[0].leaf == leaf
    assert "certificate" in accepted.hops[0].tls_error


def test_ipv6_is_reached(site: Site) -> None:
    """A name that leads to an IPv6 address."""
    if not socket.has_ipv6:
        raise AssertionError("expected IPv6 on loopback")
    with Site(address="::1") as six:
        six.routes["/"] = answer("six")
        found = fetch(f"http://six.example.test:{six.port}/", way(six))
    assert (found.hops[0].address, found.body) == ("::1", b"six")


def test_what_goes_wrong_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forbidden, unreachable, endless, too big, round in circles, no HTTP: each ends with its reason."""

    async def drip(_head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    site.routes["/drip"] = drip
    site.routes["/round"] = answer("", "text/plain", "302 Found", "Location: /round")
    site.routes["/inside"] = answer("", "text/plain", "302 Found", "Location: http://10.0.0.1/")
    site.routes["/mail"] = answer("", "text/plain", "302 Found", "Location: mailto:x")
    site.routes["/junk"] = b"nonsense\r\n\r\n"
    base = f"http://shop.example.test:{site.port}"
    errors = {path: fetch(base + path, way(site, cap_s=0.4)).error for path in ("/drip", "/round", "/inside", "/mail")}
    assert "Timeout" in errors["/drip"]
    assert errors["/round"] == "too many redirects"
    assert "not a public address" in errors["/inside"]
    assert "expected an http address" in errors["/mail"]
    assert "BadStatusLine" in fetch(base + "/junk", way(site)).error
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        allowed = Way(Policy(allow=(f"127.0.0.1:{port}",)), HEADERS)
        assert "Refused" in fetch(f"http://127.0.0.1:{port}/", allowed).error
    monkeypatch.setattr(plain_fetch, "MAX_BYTES", 4)
    found = fetch(base + "/", way(site))
    assert (found.truncated, found.body) == (True, b"<tit")
