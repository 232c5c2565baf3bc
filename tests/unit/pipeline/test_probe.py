"""The look at a merchant's site, over real sockets on loopback."""

from collections.abc import Iterator

import pytest

from identity_verify.control_dns import check_cname, check_txt
from identity_verify.control_token import record_text
from identity_verify.control_web import check_file, check_meta
from kernel.config import Settings
from pipeline.probe import Probe
from tests.servers.name_server import NameServer, answering
from tests.servers.tiny_shop import Page, TinyShop, serving
from tests.unit.identity_verify.challenges import LAST_DAY, TODAY, TOKEN, challenge_of

NAME = "_scjg-challenge.www.tea.example"


@pytest.fixture
def names() -> Iterator[NameServer]:
    """The zone of the site."""
    with answering(NameServer(zones={"example": 60, "tea.example": 120})) as server:
        yield server


def _probe(names: NameServer, port: int = 1) -> Probe:
    return Probe(
        Settings(
            identity_resolver=names.place,
            identity_dns_port=names.port,
            identity_probe_s=2,
            egress_allow=(names.place, f"127.0.0.1:{port}"),
            egress_hosts=("www.tea.example=127.0.0.1",),
        )
    )


def test_names_prove(names: NameServer) -> None:
    """TXT and CNAME, from the zone's own servers."""
    probe = _probe(names)
    names.put(NAME, "TXT", f'"{record_text(TOKEN, LAST_DAY)}"')
    assert check_txt(challenge_of(), probe, on=TODAY).ok
    names.put(NAME, "TXT")
    names.put(NAME, "CNAME", f"{TOKEN}.challenge.wangjian.example.")
    assert check_cname(challenge_of(), probe, on=TODAY).ok


def test_what_is_not_there_is_told_exactly(names: NameServer) -> None:
    """No record, no domain, silence."""
    probe = _probe(names)
    assert check_txt(challenge_of(), probe, on=TODAY).cause == "nxdomain"
    del names.zones["tea.example"]
    assert check_txt(challenge_of(), probe, on=TODAY).cause == "domain-nxdomain"
    names.silent.add(NAME)
    assert check_txt(challenge_of(), probe, on=TODAY).cause == "dns-timeout"


def test_pages_prove(names: NameServer) -> None:
    """File and meta element, each from the named host only."""
    pages: dict[str, Page] = {
        f"/.well-known/scjg-challenge/{TOKEN}": Page(TOKEN.encode(), headers={"Content-Type": "text/plain"}),
        "/": Page(
            f'<head><meta name="scjg-challenge" content="{TOKEN}"></head>'.encode(),
            headers={"Content-Type": "text/html"},
        ),
    }
    with serving(TinyShop(pages={**pages})) as shop:
        challenge = challenge_of()
        here = type(challenge)(
            f"http://www.tea.example:{shop.port}", challenge.host, challenge.domain, "/", "host", TOKEN, LAST_DAY, "x"
        )
        probe = _probe(names, shop.port)
        assert check_file(here, probe, on=TODAY).ok
        assert check_meta(here, probe, on=TODAY).ok
        shop.pages[f"/.well-known/scjg-challenge/{TOKEN}"] = Page(
            status=301, headers={"Location": f"http://other.example:{shop.port}/"}
        )
        assert check_file(here, probe, on=TODAY).cause == "redirect-off-host"
