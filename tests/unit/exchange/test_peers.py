"""Peers: known by their cards, held to the agreed suite, their old keys kept with an end."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange import peers
from exchange.errors import DowngradeError, ForgedError, PeerError, SealError, SuiteError
from exchange.gateway import Gateway
from exchange.keys import new_keys
from exchange.peers import PeerCard, enter, known, open_book, read_card, verify
from kernel import audit
from kernel.db import Database
from kernel.models import AuditEntry, Peer
from tests.servers.exchanging import AT

BOTH = ("es256-sha256", "ed25519-sha256")
OWN = new_keys("310000", BOTH)
THEIRS = new_keys("000000", BOTH)
CARD = PeerCard("000000", "总局", "https://n.example.test", BOTH, tuple(THEIRS.cards(AT)))


def _enter(database: Database, card: PeerCard = CARD, lower_reason: str = "") -> str:
    with database.write() as session:
        return enter(session, card, BOTH, actor="admin", at=AT, lower_reason=lower_reason)


def _book(database: Database) -> peers.Book:
    with database.read() as session:
        return open_book(session, OWN, BOTH)


def _signed(name: str, data: bytes = b"data") -> dict[str, str]:
    kid, value = THEIRS.sign(name, data)
    return {"suite": name, "kid": kid, "value": base64.b64encode(value).decode()}


def test_the_first_suite_of_ours_is_agreed(database: Database) -> None:
    """And written down with who entered it."""
    assert _enter(database) == "es256-sha256"
    peer = known(_book(database), "000000")
    assert verify(peer, b"data", _signed("es256-sha256"), AT)[0] == "es256-sha256"
    with database.read() as session:
        assert session.query(AuditEntry).one().action == "exchange.peer-entered"
        assert audit.verify(session).ok


def test_another_suite_than_agreed_is_a_downgrade(database: Database) -> None:
    """Even one that both have."""
    _enter(database)
    with pytest.raises(DowngradeError):
        verify(known(_book(database), "000000"), b"data", _signed("ed25519-sha256"), AT)


def test_a_lower_suite_needs_a_person_and_a_reason(database: Database) -> None:
    """A card alone does not do it; going up again needs no reason, and what is under way is still taken."""
    _enter(database)
    lower = replace(CARD, suites=("ed25519-sha256",))
    with pytest.raises(DowngradeError):
        _enter(database, lower)
    assert _enter(database, lower, lower_reason="设备更换，电话核实") == "ed25519-sha256"
    assert known(_book(database), "000000").suites == ("ed25519-sha256",)
    _enter(database)
    assert known(_book(database), "000000").suites == BOTH


def test_no_suite_in_common_is_refused(database: Database) -> None:
    """Nor is a card without a key of the suite."""
    with pytest.raises(SuiteError):
        _enter(database, replace(CARD, suites=("sm2-sm3",)))
    with pytest.raises(PeerError):
        _enter(database, replace(CARD, keys=()))


def test_an_old_key_ends_and_does_not_vanish(database: Database) -> None:
    """What it signed before can still be named; new signatures by it are refused."""
    _enter(database)
    newer = new_keys("000000", BOTH)
    _enter(database, replace(CARD, keys=tuple(newer.cards(AT))))
    peer = known(_book(database), "000000")
    verify(peer, b"data", _signed("es256-sha256"), AT)
    with pytest.raises(ForgedError, match="ended"):
        verify(peer, b"data", _signed("es256-sha256"), AT + timedelta(seconds=1))
    assert peer.sealing_card()["kid"] not in {card["kid"] for card in CARD.keys}


def test_unknown_and_suspended_peers_are_refused(database: Database) -> None:
    """Both look alike."""
    with pytest.raises(PeerError):
        known(_book(database), "000000")
    _enter(database)
    with database.write() as session:
        session.query(Peer).one().state = "suspended"
    with pytest.raises(PeerError):
        known(_book(database), "000000")


def test_keys_are_for_one_use(database: Database) -> None:
    """A sealing key signs nothing; without one nothing is sealed."""
    _enter(database, replace(CARD, keys=tuple(card for card in CARD.keys if card["use"] == "sign")))
    peer = known(_book(database), "000000")
    with pytest.raises(SealError):
        peer.sealing_card()
    with pytest.raises(ForgedError):
        peer.card("0" * 16, "es256-sha256", "sign")
    with pytest.raises(ForgedError):
        verify(peer, b"data", {**_signed("es256-sha256"), "value": "not base64"}, AT)


@pytest.mark.parametrize("value", [None, 5, {}, {"code": "000000"}, {"code": "000000", "suites": [], "keys": [{}]}])
def test_what_is_no_card_is_refused(value: object) -> None:
    """Whatever the file says."""
    with pytest.raises(PeerError):
        read_card(value)


def test_a_card_is_read_as_written() -> None:
    """With all its keys."""
    value = {"code": CARD.code, "name": CARD.name, "url": CARD.url, "suites": list(BOTH), "keys": list(CARD.keys)}
    assert read_card(value) == CARD


def test_scopes_limit_both_ways(database: Database) -> None:
    """Empty means all."""
    with database.write() as session:
        enter(session, CARD, BOTH, actor="a", at=AT, scopes={"in": ["PENALTY"]})
    peer = known(_book(database), "000000")
    assert peer.may("in", "PENALTY")
    assert not peer.may("in", "LEAD")
    assert peer.may("out", "LEAD")


def test_a_gateway_knows_at_once_what_changed(database: Database) -> None:
    """Its book is put together anew for every change of a peer or of our keys, whoever made it, and only then."""
    _enter(database)
    gateway = Gateway(database, OWN, BOTH)
    book = gateway.book()
    assert gateway.book() is book
    other = Database(database.url)
    with other.write() as session:
        session.query(Peer).one().heard_at = AT
    assert gateway.book() is book, "when it was heard of last is not what a book says"
    with other.write() as session:
        session.query(Peer).one().state = "suspended"
    other.close()
    with pytest.raises(PeerError):
        known(gateway.book(), "000000")
    with pytest.raises(TypeError):
        gateway.book()["000000"] = book["000000"]  # type: ignore[index]
    changed = Gateway(database, new_keys("310000", BOTH), BOTH).book()
    assert changed["310000"].keys != book["310000"].keys
