"""Who hosts an organisation, and the next hop."""

import pytest

from exchange.errors import RecipientError
from exchange.peers import KnownPeer
from exchange.routing import host_of, next_hop


def book(*codes: str, without: tuple[str, ...] = ()) -> dict[str, KnownPeer]:
    """Peers, some without an address."""
    return {
        code: KnownPeer(code, "", "" if code in without else "https://x.example.test", "active", "authority",
                        ("ed25519-sha256",), (), {}, None)
        for code in codes
    }  # fmt: skip


@pytest.mark.parametrize(
    ("own", "peers", "receiver", "host", "hop"),
    [
        ("310000", ("000000",), "000000", "000000", "000000"),
        ("310000", ("000000",), "310115", "310000", "310000"),
        ("310000", ("000000", "310115"), "31011501", "310115", "310115"),
        ("310000", ("000000",), "330000", "000000", "000000"),
        ("310115", ("310000",), "000000", "", "310000"),
        ("310115", ("310000",), "31011501", "310115", "310115"),
        ("310115", ("310000",), "310104", "310000", "310000"),
        ("31011501", ("310115",), "000000", "", "310115"),
        ("000000", ("310000",), "31011501", "310000", "310000"),
    ],
)
def test_the_way(own: str, peers: tuple[str, ...], receiver: str, host: str, hop: str) -> None:
    """Down to the nearest installation, up where it is not in our part of the tree."""
    assert host_of(receiver, own, book(*peers)) == host
    assert next_hop(receiver, own, book(*peers)) == hop


def test_a_host_without_an_address_is_reached_through_another() -> None:
    """Its keys are known, its line is not ours."""
    known = book("000000", "310000", without=("000000",))
    assert host_of("000000", "310115", known) == "000000"
    assert next_hop("000000", "310115", known) == "310000"


def test_without_a_way_it_is_said() -> None:
    """Nothing is sent to somebody who happens to be there."""
    with pytest.raises(RecipientError):
        next_hop("330000", "310000", {})
    with pytest.raises(RecipientError):
        next_hop("TAX-31", "310000", book("310115"))
