import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.market import Ports, RunningMarket, running_market
from simulators.market.addresses import CONTROL_HOST, EXPIRED_HOST, HOSTILE_HOST, OUTDOOR_HOST, PLATFORM_HOST
from simulators.market.server import write_ready

Answer = tuple[int, dict[str, str], bytes]


def _ask(
    market: RunningMarket, host: str, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", market.ports.http, timeout=60)
    try:
        connection.request(method, path, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def _first_day(market: RunningMarket) -> Iterator[None]:
    """Every test begins and ends on day 0 with an empty log."""
    market.move_to(0)
    _ask(market, CONTROL_HOST, "/__requests__", method="DELETE")
    yield
    market.move_to(0)


def _tls(market: RunningMarket, name: str) -> bytes:
    context = ssl.create_default_context(cafile=str(market.ca_file))
    with (
        socket.create_connection(("127.0.0.1", market.ports.tls), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        found = b""
        while piece := secure.recv(65536):
            found += piece
        return found


def test_both_ports_answer(market: RunningMarket) -> None:
    """The platform over HTTP, the outdoor shop over TLS with a certificate of our CA."""
    status, headers, body = _ask(market, PLATFORM_HOST, "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "拼集市" in body.decode()
    assert "绿野户外" in _tls(market, OUTDOOR_HOST).decode()


def test_an_expired_certificate_is_refused_by_a_careful_client(market: RunningMarket) -> None:
    """By name it gets the certificate that is over."""
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        _tls(market, EXPIRED_HOST)
    assert _ask(market, EXPIRED_HOST, "/")[0] == 200


def test_every_page_is_served_as_the_world_has_it(market: RunningMarket) -> None:
    """Bytes on the wire are the bytes of the model."""
    for host, path in market.world.paths()[::40]:
        assert _ask(market, host, path)[2] == market.world.page(host, path).body


def test_a_second_visit_gets_304_until_the_page_changes(market: RunningMarket) -> None:
    """ETag and Last-Modified pages answer 304 the same day; a changed page answers 200 the next."""
    world = market.world
    details = [path for host, path in world.paths() if host == PLATFORM_HOST and "/item/" in path]
    for how, sent, got in (("etag", "If-None-Match", "etag"), ("date", "If-Modified-Since", "last-modified")):
        paths = [path for path in details if world.validators(path) == how]
        seen = {path: _ask(market, PLATFORM_HOST, path)[1][got] for path in paths}
        assert all(_ask(market, PLATFORM_HOST, path, headers={sent: seen[path]})[0] == 304 for path in paths)
        later = market.market.world_of(1)
        market.move_to(1)
        for path in paths:
            same = later.page(PLATFORM_HOST, path).body == world.page(PLATFORM_HOST, path).body
            status = _ask(market, PLATFORM_HOST, path, headers={sent: seen[path]})[0]
            assert (status == 304) == same, path
        market.move_to(0)


def test_a_page_without_validators_is_always_whole(market: RunningMarket) -> None:
    """Half of the pages cannot be asked for again; a date that is none is no reason for 304."""
    world = market.world
    plain = next(path for host, path in world.paths() if host == PLATFORM_HOST and not world.validators(path))
    headers = _ask(market, PLATFORM_HOST, plain)[1]
    assert "etag" not in headers
    assert "last-modified" not in headers
    dated = next(path for host, path in world.paths() if host == PLATFORM_HOST and world.validators(path) == "date")
    assert _ask(market, PLATFORM_HOST, dated, headers={"If-Modified-Since": "yesterday"})[0] == 200


def test_the_log_of_requests(market: RunningMarket) -> None:
    """Host, path, user agent and order; the control host's own requests are not in it."""
    _ask(market, PLATFORM_HOST, "/a", headers={"User-Agent": "tester"})
    _ask(market, HOSTILE_HOST, "/busy")
    found = json.loads(_ask(market, CONTROL_HOST, "/__requests__")[2])
    assert [(one["host"], one["path"]) for one in found] == [(PLATFORM_HOST, "/a"), (HOSTILE_HOST, "/busy")]
    assert found[0]["user_agent"] == "tester"
    assert found == market.requests()
    _ask(market, CONTROL_HOST, "/__requests__", method="DELETE")
    assert market.requests() == []


def test_the_day_can_be_moved(market: RunningMarket) -> None:
    """POST moves it, GET tells it, nonsense is refused."""
    assert json.loads(_ask(market, CONTROL_HOST, "/__day__?day=2", method="POST")[2]) == {"day": 2}
    assert market.world.day == 2
    assert json.loads(_ask(market, CONTROL_HOST, "/__day__")[2]) == {"day": 2}
    assert _ask(market, CONTROL_HOST, "/__day__?day=x", method="POST")[0] == 400
    assert _ask(market, CONTROL_HOST, "/else")[0] == 404


def test_other_methods_are_refused(market: RunningMarket) -> None:
    """Nothing can be bought here."""
    status, headers, _ = _ask(market, PLATFORM_HOST, "/cart/add", method="POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_the_slow_page_does_not_hold_up_others(market: RunningMarket) -> None:
    """One client waits for drops, another is served at once."""
    with socket.create_connection(("127.0.0.1", market.ports.http), timeout=60) as slow:
        slow.sendall(f"GET /drip HTTP/1.1\r\nHost: {HOSTILE_HOST}\r\n\r\n".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")
        assert _ask(market, PLATFORM_HOST, "/")[0] == 200


def test_a_port_that_is_taken_is_an_error(market: RunningMarket) -> None:
    """A market that cannot listen says so."""
    with (
        pytest.raises(OSError, match="in use"),
        running_market(ports=Ports(market.ports.http, 0)),
    ):
        pass


def test_the_ready_file(market: RunningMarket, tmp_path: Path) -> None:
    """Ports and CA, written in one step."""
    write_ready(tmp_path / "ready.json", market)
    said = json.loads((tmp_path / "ready.json").read_text())
    assert (said["http_port"], said["tls_port"]) == (market.ports.http, market.ports.tls)
    assert Path(said["ca_file"]).exists()
    assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]
