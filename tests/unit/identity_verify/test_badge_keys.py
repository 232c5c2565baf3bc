"""Keys: two published, rotation with overlap, old ones kept as long as needed, a compromise."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from identity_verify import badge_token, badges
from identity_verify.badge_keys import PUBLISHED_FIRST, key_set, keys_in, open_keys, public_key, public_keys
from identity_verify.errors import BadgeKeyError, BadgeTokenError
from kernel.config import Settings
from kernel.db import Database
from kernel.models import BadgeKey
from tests.data.badges.issuing import AT, Office, open_office, site

SOON = AT + PUBLISHED_FIRST


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """An issuer."""
    return open_office(database, tmp_path / "keys")


def _states(office: Office) -> dict[str, str]:
    with office.database.read() as session:
        return {row.kid: row.state for row in session.execute(select(BadgeKey)).scalars()}


def _published(office: Office) -> list[str]:
    with office.database.read() as session:
        listed = key_set(session)["keys"]
        assert isinstance(listed, list)
        return [key["kid"] for key in listed]


def _rotate(office: Office, hours: float) -> str:
    with office.database.write() as session:
        return office.keys.rotate(session, actor="test", at=AT + timedelta(hours=hours))


def test_two_keys_from_the_start_closed_to_others(office: Office) -> None:
    """One signs, one waits; both are published, and their private halves are the owner's alone."""
    badge = office.issue()
    assert sorted(_states(office).values()) == ["next", "signing"]
    assert _published(office)[0] == badge.kid
    assert len(_published(office)) == 2
    for path in office.keys.folder.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(office.keys.folder.stat().st_mode) == 0o700


def test_a_badge_verifies_after_rotation_until_it_ends(office: Office) -> None:
    """The old key stays published; it is gone when its last badge is over, and then refuses what it signed."""
    badge = office.issue()
    new = _rotate(office, 1)
    states = _states(office)
    assert (states[badge.kid], states[new]) == ("retired", "signing")
    assert set(_published(office)) == set(states)
    with office.database.read() as session:
        keys = keys_in(key_set(session))
    reader = {"issuer": office.keys.issuer.origin, "vct": office.keys.issuer.vct}
    assert badge_token.read(badge.token, keys, at=AT + timedelta(hours=2), **reader).badge_id == badge.id
    assert office.issue(2, at=AT + timedelta(hours=2)).kid == new
    assert _sweep(office, badge.expires_at - timedelta(seconds=1)) == 1
    assert _states(office)[badge.kid] == "retired"
    _sweep(office, badge.expires_at)
    assert _states(office)[badge.kid] == "gone"
    assert badge.kid not in _published(office)
    with office.database.read() as session, pytest.raises(BadgeTokenError) as caught:
        badge_token.read(badge.token, public_keys(session), at=AT + timedelta(hours=2), **reader)
    assert caught.value.reason == "key"


def _sweep(office: Office, at: object) -> int:
    with office.database.write() as session:
        return office.keys.sweep(session, at=at)  # type: ignore[arg-type]


def test_private_halves_that_sign_no_more_are_erased(office: Office) -> None:
    """After rotation only the signing and the waiting key lie on disk."""
    badge = office.issue()
    _rotate(office, 1)
    assert _sweep(office, AT + timedelta(hours=2)) == 1
    left = {path.stem for path in office.keys.folder.glob("*.key")}
    assert badge.kid not in left
    assert left == {kid for kid, state in _states(office).items() if state in {"signing", "next"}}


def test_a_key_signs_only_after_it_was_published_for_a_while(office: Office) -> None:
    """Readers keep the key set for ten minutes: a younger key would sign what they cannot check."""
    office.issue()
    with office.database.write() as session, pytest.raises(BadgeKeyError):
        office.keys.rotate(session, actor="test", at=SOON - timedelta(seconds=1))
    with office.database.write() as session:
        office.keys.rotate(session, actor="test", at=SOON)


@pytest.mark.parametrize("state", ["signing", "next", "retired"])
def test_a_compromised_key_of_any_state_is_withdrawn(office: Office, state: str) -> None:
    """Two keys remain, and none of them is it; telling twice changes nothing."""
    office.issue()
    _rotate(office, 1)
    kid = next(kid for kid, known in _states(office).items() if known == state)
    for _ in range(2):
        with office.database.write() as session:
            office.keys.mark_compromised(session, kid, actor="drill", at=AT + timedelta(hours=2))
    assert _states(office)[kid] == "compromised"
    assert kid not in _published(office)
    assert sorted(value for value in _states(office).values() if value in {"signing", "next"}) == ["next", "signing"]
    with office.database.write() as session, pytest.raises(BadgeKeyError):
        office.keys.mark_compromised(session, "nobody", actor="drill", at=AT)


@pytest.mark.parametrize("damage", ["open", "missing", "other", "broken"])
def test_a_private_key_that_cannot_be_trusted_signs_nothing(office: Office, damage: str) -> None:
    """Open to others, missing, exchanged or damaged: an error that says so, and nothing half-made."""
    badge = office.issue()
    path = office.keys.folder / f"{badge.kid}.key"
    if damage == "open":
        path.chmod(0o644)
    elif damage == "missing":
        path.unlink()
    elif damage == "broken":
        path.write_bytes(b"nothing")
    else:
        path.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    with office.database.write() as session, pytest.raises(BadgeKeyError):
        badges.renew(session, office.keys, badge.id, [site("shop1.example.test")], at=SOON)
    with office.database.read() as session:
        assert badges.check(session, badge.token, at=SOON).ok


def test_a_first_key_that_was_rolled_back_leaves_no_trouble(office: Office) -> None:
    """The folder has a file more; the next try makes its own keys."""
    with office.database.write() as session:
        office.keys.signing(session, at=AT)
        session.rollback()
    assert not _states(office)
    assert office.issue().kid in _states(office)


def test_key_sets_of_others() -> None:
    """What is not a key for ES256 signatures is left out; nothing of it breaks the reader."""
    good = ECKey.generate_key("P-256").as_dict(private=False)
    wide = ECKey.generate_key("P-384").as_dict(private=False)
    listed = [
        {**good, "kid": "good", "alg": "ES256"}, {**good, "kid": 7}, {**good}, {**wide, "kid": "wide"}, "odd", None,
        {"kty": "EC", "kid": "short"}, {**good, "kid": "bent", "x": "AAAA"}, {"kty": "oct", "k": "AAAA", "kid": "oct"},
        {**good, "kid": "other", "alg": "RS256"},
    ]  # fmt: skip
    found = keys_in({"keys": listed})
    assert "good" in found
    assert not set(found) & {"wide", "short", "bent", "oct", "other"}
    assert keys_in(None) == keys_in({"keys": 7}) == {}
    with pytest.raises(BadgeKeyError):
        public_key({"kty": "EC"})


def test_keys_of_an_installation_lie_in_its_folder(tmp_path: Path) -> None:
    """Nothing is made before something is signed."""
    keys = open_keys(Settings(data_dir=tmp_path, public_url="https://badge.example.test/x", badge_days=9))
    assert (keys.folder, keys.life.days) == (tmp_path / "keys" / "badge", 9)
    assert not keys.folder.exists()
