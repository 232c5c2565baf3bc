"""The installation's keys: made once, private, completed when a suite comes."""

import pytest

from evidence.errors import KeysError
from exchange import keys, sm
from exchange.errors import SuiteError
from exchange.keys import ensure_exchange_keys, folder_of, kid_of, new_keys
from exchange.suite import suite
from kernel.config import Settings
from tests.servers.exchanging import AT


def test_keys_are_made_once(config: Settings) -> None:
    """And are the same ever after, closed to others."""
    first = ensure_exchange_keys(config)
    assert ensure_exchange_keys(config) == first
    assert first.org == "310000"
    assert {path.stat().st_mode & 0o777 for path in folder_of(config).iterdir()} == {0o600}
    next(folder_of(config).iterdir()).chmod(0o644)
    with pytest.raises(KeysError):
        ensure_exchange_keys(config)


def test_a_suite_that_comes_later_gets_its_keys(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others stay as they are."""
    with monkeypatch.context() as without:
        without.setattr(sm, "ec", None)
        first = ensure_exchange_keys(config)
        with pytest.raises(SuiteError):
            first.private("sm2-sm3")
    later = ensure_exchange_keys(config)
    assert "sm2-sm3" in later.signing
    assert later.signing["ed25519-sha256"] == first.signing["ed25519-sha256"]


def test_a_card_shows_public_halves_only() -> None:
    """Two keys a suite, with what each is for."""
    made = new_keys("310000", ("ed25519-sha256", "es256-sha256"))
    cards = made.cards(AT)
    assert sorted((card["suite"], card["use"]) for card in cards) == [
        ("ed25519-sha256", "seal"), ("ed25519-sha256", "sign"), ("es256-sha256", "seal"), ("es256-sha256", "sign"),
    ]  # fmt: skip
    assert "PRIVATE" not in str(cards)
    kid, value = made.sign("ed25519-sha256", b"x")
    public = next(card["public"] for card in cards if card["kid"] == kid)
    suite("ed25519-sha256").verify(public.encode(), b"x", value)
    assert kid_of(public.encode()) == kid
    assert len(kid) == keys.KID_LENGTH
