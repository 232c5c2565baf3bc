"""Scrapy's door: names, literals and connections pass the policy."""

from typing import Any

import pytest
from twisted.internet import defer
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.egress import reactor as door
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy, Refusal
from crawlers.egress.reactor import PinnedResolver, VerifyingContextFactory


class Reactor:
    """Writes down what it is asked to connect to."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []
        self.resolver: Any = None

    def connectTCP(self, host: str, port: int, *rest: object, **options: object) -> str:  # noqa: N802 - Twisted's
        """A connection."""
        del rest, options
        self.connected.append((host, port))
        return "connected"

    def installNameResolver(self, resolver: object) -> None:  # noqa: N802 - Twisted's
        """Take a resolver."""
        self.resolver = resolver


class Receiver:
    """Writes down the answer."""

    def __init__(self) -> None:
        self.addresses: list[object] = []
        self.ended = False

    def resolutionBegan(self, asked: object) -> None:  # noqa: N802 - Twisted's
        """It began."""

    def addressResolved(self, address: object) -> None:  # noqa: N802 - Twisted's
        """An address."""
        self.addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's
        """It ended."""
        self.ended = True


@pytest.fixture
def reactor(monkeypatch: pytest.MonkeyPatch) -> Reactor:
    """A reactor behind the door; look-ups happen at once."""
    monkeypatch.setattr(door, "deferToThread", lambda call, *arguments: defer.succeed(call(*arguments)))
    made = Reactor()
    policy = Policy(
        allow=("127.0.0.1:8700", "[::1]:8700"),
        hosts=("open.example=127.0.0.1", "six.example=::1", "closed.example=10.0.0.1", "mixed.example=10.0.0.1"),
    )
    monkeypatch.setattr(PinnedResolver, "installed", None)
    PinnedResolver(policy, made).install_on_reactor()
    return made


def _resolve(reactor: Reactor, host: str, port: int) -> Receiver:
    receiver = Receiver()
    reactor.resolver.resolveHostName(receiver, host, port).cancel()
    assert receiver.ended
    return receiver


def test_only_judged_addresses_are_connected_to(reactor: Reactor) -> None:
    """A name that leads to an open address pins it for that port; nothing else is connected."""
    with pytest.raises(EgressRefusedError):
        reactor.connectTCP("127.0.0.1", 8700)
    assert _resolve(reactor, "open.example", 8700).addresses == [IPv4Address("TCP", "127.0.0.1", 8700)]
    assert reactor.connectTCP("127.0.0.1", 8700, object(), timeout=3) == "connected"
    for host, port in (("127.0.0.1", 8701), ("10.0.0.1", 8700), ("open.example", 8700)):
        with pytest.raises(EgressRefusedError):
            reactor.connectTCP(host, port)
    assert reactor.connected == [("127.0.0.1", 8700)]


def test_refused_names_have_no_address_and_a_reason(reactor: Reactor) -> None:
    """Private addresses, closed ports and disguised literals answer with nothing."""
    resolver = PinnedResolver.installed
    assert resolver is not None
    for host, port, reason in (
        ("closed.example", 80, "not-global"), ("open.example", 8701, "not-global"), ("127.0.0.1", 80, "not-global"),
        ("2130706433", 80, "literal"),
    ):  # fmt: skip
        assert _resolve(reactor, host, port).addresses == []
        refusal = resolver.refusal(host, port)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == reason
    assert resolver.refusal("never.example", 80) is None


def test_answers_are_kept_a_while(reactor: Reactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is asked for once in ten minutes, whatever its server would say now; the store is bounded."""
    monkeypatch.setattr(door, "CACHE_SIZE", 2)
    assert _resolve(reactor, "six.example", 8700).addresses == [IPv6Address("TCP", "::1", 8700)]
    monkeypatch.setattr(Policy, "lookup", lambda *_: pytest.fail("asked again"))
    assert len(_resolve(reactor, "six.example", 8700).addresses) == 1
    monkeypatch.undo()


def test_a_look_up_that_breaks_gives_nothing(reactor: Reactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is no address."""
    monkeypatch.setattr(door, "deferToThread", lambda *_: defer.fail(OSError("no name server")))
    assert _resolve(reactor, "open.example", 80).addresses == []


def test_tls_settings_are_made_once_a_host() -> None:
    """The roots are read once for each host."""
    factory = VerifyingContextFactory()
    assert factory.creatorForNetloc(b"a.example", 443) is factory.creatorForNetloc(b"a.example", 443)
    assert factory.creatorForNetloc(b"a.example", 443) is not factory.creatorForNetloc(b"b.example", 443)
