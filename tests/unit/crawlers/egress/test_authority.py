"""Names asked of their own servers."""

from collections.abc import Iterator

import pytest

from crawlers.egress.authority import Authority
from crawlers.egress.policy import Policy
from tests.servers.name_server import NameServer, answering

NAME = "_scjg-challenge.www.tea.example"


@pytest.fixture
def server() -> Iterator[NameServer]:
    """One zone, and the one above it."""
    with answering(NameServer(zones={"example": 60, "tea.example": 120})) as running:
        yield running


def _authority(server: NameServer, *, opened: bool = True) -> Authority:
    policy = Policy((server.place,) if opened else ())
    return Authority(policy, resolver=server.place, port=server.port, question_s=0.3, total_s=3.0)


def test_the_zone_itself_is_asked(server: NameServer) -> None:
    """Not the resolver's memory: what was written a second ago is seen."""
    server.put(NAME, "TXT", '"token=abc" " expiry=x"', '"v=spf1 -all"')
    server.stale.add((NAME, "TXT"))
    said = _authority(server).ask(NAME, "TXT")
    assert (said.state, said.authoritative, said.zone) == ("ok", True, "tea.example")
    assert set(said.values) == {"token=abc expiry=x", "v=spf1 -all"}
    assert (said.server, said.ttl) == ("127.0.0.1", 300)
    assert (NAME, "TXT", False) in server.asked


def test_there_is_none(server: NameServer) -> None:
    """A name that is not there, one without this kind, and how long caches keep that."""
    authority = _authority(server)
    absent = authority.ask(NAME, "TXT")
    assert (absent.state, absent.authoritative, absent.ttl, absent.zone) == ("nxdomain", True, 120, "tea.example")
    server.put(NAME, "A", "192.0.2.1")
    assert authority.ask(NAME, "TXT").state == "no-data"
    unregistered = authority.ask("_scjg-challenge.water.example", "TXT")
    assert (unregistered.state, unregistered.zone) == ("nxdomain", "example")


def test_a_delegating_name(server: NameServer) -> None:
    """The CNAME itself, or the TXT at its end, also in another zone."""
    server.put(NAME, "CNAME", "abc.challenge.water.example.")
    authority = _authority(server)
    assert authority.ask(NAME, "CNAME").values == ("abc.challenge.water.example",)
    assert authority.ask(NAME, "TXT").state == "nxdomain"
    server.put("abc.challenge.water.example", "TXT", "there")
    followed = authority.ask(NAME, "TXT")
    assert (followed.name, followed.values) == (NAME, ("there",))


def test_only_a_cache_answers(server: NameServer) -> None:
    """Servers of the zone that are silent, or inside: the answer is told as a cache's."""
    server.only_resolver = True
    said = _authority(server).ask(NAME, "TXT")
    assert (said.state, said.authoritative, said.ttl) == ("nxdomain", False, 120)
    server.only_resolver = False
    closed = _authority(server, opened=False).ask(NAME, "TXT")
    assert not closed.authoritative
    assert (NAME, "TXT", False) not in server.asked[-3:], "an address inside is never asked"
    server.server_address = "10.0.0.5"
    assert not _authority(server).ask(NAME, "TXT").authoritative


def test_silence_and_refusal(server: NameServer) -> None:
    """Told apart, never raised."""
    server.silent.add(NAME)
    assert _authority(server).ask(NAME, "TXT").state == "timeout"
    server.silent.clear()
    server.refusing.add(NAME)
    assert _authority(server).ask(NAME, "TXT").state == "failure"
    assert _authority(server).ask("a" * 64 + ".example", "TXT").state == "failure"


def test_a_loop_of_aliases_ends(server: NameServer) -> None:
    """After a few steps."""
    server.put("a.tea.example", "CNAME", "b.tea.example.")
    server.put("b.tea.example", "CNAME", "a.tea.example.")
    assert _authority(server).ask("a.tea.example", "TXT").state == "no-data"
