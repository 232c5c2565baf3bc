"""Forms of addresses: what is global, what is a disguise."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.egress.address import is_global, literal, normal_host
from crawlers.egress.errors import EgressRefusedError

INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address to be refused, nothing is bound
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "223.5.5.5",
    "2400:3200::1",
    "2606:4700::1",
]
DISGUISED = [
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0x7f.0.0.1",
    "127.0.1",
    "017700000001",
    "1.2.3.4.5",
    "256.1.1.1",
    "08.8.8.8",
]
NOT_NAMES = [
    "",
    ".",
    "a..b",
    "127.0.0.1.",
    "localhost.",
    "user@shop",
    "a b",
    "a/b",
    "a%2eb",
    "-a.example",
    "a" * 64,
    "[::1",
    "::g",
    "a\x00b",
    "a\r\nb",
]


@pytest.mark.parametrize("text", INSIDE)
def test_inside_addresses_are_not_global(text: str) -> None:
    """Special-purpose addresses never count as global."""
    assert not is_global(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_public_addresses_are_global(text: str) -> None:
    """Neighbours of special blocks and public resolvers are global."""
    assert is_global(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", DISGUISED)
def test_disguised_literals_are_refused(text: str) -> None:
    """Octal, hex, short and over-long number forms are refused, not interpreted."""
    with pytest.raises(EgressRefusedError) as caught:
        normal_host(text)
    assert caught.value.reason == "literal"
    assert caught.value.code == "egress.refused.literal"


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_is_no_name_is_refused(text: str) -> None:
    """User-info, blanks, trailing dots and control characters are no host names."""
    with pytest.raises(EgressRefusedError) as caught:
        normal_host(text)
    assert caught.value.reason == "host"


def test_zone_ids_are_refused() -> None:
    """A zone would choose an interface of this machine."""
    with pytest.raises(EgressRefusedError):
        normal_host("[fe80::1%eth0]")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Shop.Example.TEST", "shop.example.test"),
        ("商店.example.test", "xn--czrs0t.example.test"),
        ("１２７．0.0.1", "127.0.0.1"),
        ("[2606:4700:0:0::1]", "2606:4700::1"),
        ("ⓛocalhost", "localhost"),
    ],
)
def test_spellings_meet_in_one_form(text: str, normal: str) -> None:
    """Case, width, IDNA and v6 spelling are folded before anything is judged."""
    assert normal_host(text) == normal


@given(st.ip_addresses(v=4))
def test_every_v4_address_hidden_in_v6_is_refused(address: ipaddress.IPv4Address) -> None:
    """Mapped, compatible, NAT64 and 6to4 forms are refused whatever they carry."""
    number = int(address)
    for prefix in (0xFFFF << 32, 0, 0x64FF9B << 96, 0x2002 << 112):
        shift = 80 if prefix >> 112 == 0x2002 else 0
        assert not is_global(ipaddress.IPv6Address(prefix | number << shift))


@given(st.text(max_size=40))
def test_normal_form_is_stable(text: str) -> None:
    """What comes out goes in again unchanged, and a literal that comes out is canonical."""
    try:
        name = normal_host(text)
    except EgressRefusedError:
        return
    assert normal_host(name) == name
    address = literal(name)
    assert address is None or str(address) == name
