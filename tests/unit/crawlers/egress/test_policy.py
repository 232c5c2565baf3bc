"""The decision: who may be reached."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.egress.address import is_global
from crawlers.egress.errors import EgressRefusedError, EgressRuleError, ResolveError
from crawlers.egress.policy import REASONS, Destination, Policy, Refusal
from crawlers.egress.resolver import Answer, Lookup
from kernel.config import Settings

CLOSED = Policy()
PUBLIC = "93.184.216.34"


def answer(*addresses: str) -> Lookup:
    """A fake resolver's answer."""
    return Lookup("shop.example.test", tuple(Answer(address, 60) for address in addresses), "fake")


def test_public_address_is_pinned() -> None:
    """A public answer on port 443 is a destination with that address."""
    verdict = CLOSED.decide("Shop.example.test", 443, [PUBLIC])
    assert verdict == Destination("shop.example.test", 443, PUBLIC, (PUBLIC,))


def test_v4_is_tried_before_v6() -> None:
    """The pinned address is v4 where there is one; all judged addresses are kept."""
    verdict = CLOSED.decide("shop.example.test", 80, ["2606:4700::1", PUBLIC])
    assert isinstance(verdict, Destination)
    assert verdict.addresses == (PUBLIC, "2606:4700::1")


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (["127.0.0.1"], "not-global"),
        ([PUBLIC, "127.0.0.1"], "mixed"),
        ([PUBLIC, "::1"], "mixed"),
        ([], "unresolved"),
        (["not an address"], "unresolved"),
    ],
)
def test_any_inside_answer_refuses(addresses: list[str], reason: str) -> None:
    """One inside address among public ones refuses the whole name (rebinding)."""
    verdict = CLOSED.decide("shop.example.test", 80, addresses)
    assert isinstance(verdict, Refusal)
    assert verdict.reason == reason
    assert reason in REASONS
    assert verdict.addresses == tuple(addresses)


@pytest.mark.parametrize("port", [1, 22, 25, 8080, 6379, 65535])
def test_other_ports_are_refused_without_asking_dns(port: int) -> None:
    """Ports other than 80 and 443 are refused before a look-up."""

    def never(host: str) -> Lookup:
        raise AssertionError(host)

    verdict = CLOSED.lookup("shop.example.test", port, never).verdict
    assert isinstance(verdict, Refusal)
    assert verdict.reason == "port"


def test_opened_address_counts_for_every_name() -> None:
    """``address:port`` opens exactly that socket, under any name."""
    policy = Policy(("127.0.0.1:8700",))
    opened = policy.lookup("shop.example.test", 8700, lambda _: answer("127.0.0.1")).verdict
    assert isinstance(opened, Destination)
    assert opened.opened_by == "127.0.0.1:8700"
    for port, address in ((8701, "127.0.0.1"), (8700, "127.0.0.2"), (80, "127.0.0.1")):
        assert isinstance(policy.decide("shop.example.test", port, [address]), Refusal)


def test_opened_name_and_block() -> None:
    """``name:port`` opens a name; a CIDR opens addresses on all ports."""
    assert isinstance(Policy(("intra.example.test:81",)).decide("intra.example.test", 81, ["10.1.1.1"]), Destination)
    block = Policy(("10.8.0.0/24",))
    assert isinstance(block.lookup("a.example.test", 9000, lambda _: answer("10.8.0.7")).verdict, Destination)
    assert isinstance(block.decide("a.example.test", 9000, ["10.8.1.7"]), Refusal)
    assert isinstance(block.decide("a.example.test", 9000, [PUBLIC]), Refusal)
    assert isinstance(block.decide("a.example.test", 80, [PUBLIC, "10.8.0.7"]), Destination)


def test_settings_answer_names_without_opening_them() -> None:
    """A host entry is an answer, not a permission."""
    policy = Policy.from_settings(Settings(egress_hosts=("shop.example.test=127.0.0.1",)))
    resolution = policy.lookup("shop.example.test", 80)
    assert resolution.lookup.resolver == "settings"
    assert isinstance(resolution.verdict, Refusal)


def test_unresolved_name_is_a_refusal() -> None:
    """A name without an address is refused with its own reason."""

    def fails(host: str) -> Lookup:
        raise ResolveError(f"{host} has no address")

    verdict = CLOSED.lookup("shop.example.test", 80, fails).verdict
    assert isinstance(verdict, Refusal)
    assert verdict.reason == "unresolved"


def test_disguised_host_is_a_refusal_without_lookup() -> None:
    """Bad forms never reach the resolver, in both doors."""
    for verdict in (CLOSED.lookup("0x7f.1", 80).verdict, CLOSED.decide("0x7f.1", 80, [PUBLIC])):
        assert isinstance(verdict, Refusal)
        assert verdict.reason == "literal"


def test_require_raises_with_reason() -> None:
    """The raising form carries the code."""
    with pytest.raises(EgressRefusedError) as caught:
        CLOSED.require("127.0.0.1", 80)
    assert caught.value.code == "egress.refused.not-global"
    assert CLOSED.require("1.1.1.1", 443).address == "1.1.1.1"


@pytest.mark.parametrize(
    "rule", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "a b:80", "10.0.0.1/8", "x/y", "127.1:80"]
)
def test_bad_rules_are_refused(rule: str) -> None:
    """A rule that is not understood stops the start, it is never dropped."""
    with pytest.raises(EgressRuleError):
        Policy((rule,))


@pytest.mark.parametrize("entry", ["shop.example.test", "shop.example.test=x", "=127.0.0.1", "a b=127.0.0.1"])
def test_bad_host_entries_are_refused(entry: str) -> None:
    """A host entry that is not understood stops the start."""
    with pytest.raises(EgressRuleError):
        Policy((), (entry,))


@given(st.lists(st.ip_addresses(), min_size=1, max_size=5), st.integers(0, 65535))
def test_no_closed_policy_ever_reaches_inside(
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address], port: int
) -> None:
    """Whatever the answer, a destination has only global addresses and an open port."""
    verdict = CLOSED.decide("shop.example.test", port, [str(address) for address in addresses])
    if isinstance(verdict, Destination):
        assert port in {80, 443}
        assert all(is_global(ipaddress.ip_address(address)) for address in verdict.addresses)
    else:
        assert port not in {80, 443} or not all(is_global(address) for address in addresses)


async def _resolve() -> object:
    return (await CLOSED.resolve("127.0.0.1", 80)).verdict


@pytest.mark.asyncio
async def test_async_resolve_gives_the_same_verdict() -> None:
    """The asynchronous door decides as the blocking one."""
    assert isinstance(await _resolve(), Refusal)
