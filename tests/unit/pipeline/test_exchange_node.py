"""The exchange as the settings make it: suites, card, cards of peers from a folder."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange import sm
from exchange.errors import DowngradeError, PeerError, SuiteError
from exchange.keys import new_keys
from exchange.peers import read_card
from kernel.config import Settings
from kernel.db import Database
from pipeline.exchange_node import enter_cards, has_peers, open_gateway, open_relay, own_card, suites_of

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
BOTH = ("ed25519-sha256", "es256-sha256")


def _card(path: Path, suites: tuple[str, ...] = BOTH, url: str = "https://n.example.test") -> None:
    keys = new_keys("000000", BOTH)
    value = {"code": "000000", "name": "总局", "url": url, "suites": list(suites), "keys": keys.cards(AT)}
    path.write_text(json.dumps(value), "utf-8")


def test_only_suites_that_work_here_are_used(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the settings; none at all is an error."""
    chosen = config.model_copy(update={"exchange_suites": ("sm2-sm3", "es256-sha256")})
    assert suites_of(chosen) == ("sm2-sm3", "es256-sha256")
    monkeypatch.setattr(sm, "ec", None)
    assert suites_of(chosen) == ("es256-sha256",)
    with pytest.raises(SuiteError):
        suites_of(config.model_copy(update={"exchange_suites": ("sm2-sm3",)}))


def test_the_card_is_one_a_peer_can_read(config: Settings, database: Database) -> None:
    """With the keys of its suites and no other."""
    gateway = open_gateway(config, database)
    card = read_card(own_card(config, gateway.keys, AT))
    assert (card.code, card.suites) == ("310000", BOTH)
    assert {key["suite"] for key in card.keys} == set(BOTH)
    assert open_relay(config, gateway).turn(at=AT) == 0


def test_cards_in_the_folder_are_entered_once(config: Settings, database: Database, tmp_path: Path) -> None:
    """And again when they change; one that would weaken the line is not taken."""
    gateway = open_gateway(config, database)
    assert enter_cards(config, database, gateway, at=AT) == 0
    assert not has_peers(database)
    folder = tmp_path / "cards"
    folder.mkdir()
    config = config.model_copy(update={"exchange_cards_dir": str(folder)})
    _card(folder / "000000.json")
    assert [enter_cards(config, database, gateway, at=AT) for _ in range(2)] == [1, 0]
    assert has_peers(database)
    _card(folder / "000000.json", url="https://other.example.test")
    assert enter_cards(config, database, gateway, at=AT) == 1
    assert gateway.book()["000000"].url == "https://other.example.test"
    _card(folder / "000000.json", suites=("es256-sha256",))
    with pytest.raises(DowngradeError):
        enter_cards(config, database, gateway, at=AT)
    (folder / "000000.json").write_text("{", "utf-8")
    with pytest.raises(PeerError):
        enter_cards(config, database, gateway, at=AT)
