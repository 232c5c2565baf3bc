"""The duty about badges: what it does when due, and that it does nothing else."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from identity_verify import badges, signed_text, status_list
from identity_verify.badge_files import DUMP_TYPE, read_public
from identity_verify.badge_keys import open_keys, public_keys
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import AuditEntry, Badge, BadgeKey, Subject
from pipeline import badge_duty
from tests.data.badges.issuing import AT, Office, site

LIVE = timedelta(days=30)


@pytest.fixture
def office(database: Database, config: Settings) -> Office:
    """The issuer of the installation under test."""
    return Office(database, open_keys(config))


def _status(office: Office, config: Settings, badge: Badge, at: object) -> int:
    place, uri = office.keys.issuer.place_of(badge.token_idx)
    text = (config.badges_path() / "status-0.jwt").read_text()
    with office.database.read() as session:
        return status_list.read(text, public_keys(session), uri=uri, at=at).status(place)  # type: ignore[arg-type]


def test_without_badges_it_does_nothing(database: Database, config: Settings) -> None:
    """No keys, no files."""
    badge_duty.turn(config, database, AT)
    assert not config.badges_path().exists()
    assert not (config.keys_path() / "badge").exists()


def test_a_revocation_reaches_the_list_at_the_next_turn(office: Office, config: Settings) -> None:
    """And a list that says nothing new is signed anew once a minute only."""
    one, two = office.issue(1), office.issue(2)
    badge_duty.turn(config, office.database, AT)
    first = (config.badges_path() / "status-0.jwt").read_bytes()
    badge_duty.turn(config, office.database, AT + timedelta(seconds=5))
    assert (config.badges_path() / "status-0.jwt").read_bytes() == first
    with office.database.write() as session:
        badges.set_state(session, one.id, "suspended", reason="x", actor="x", at=AT)
        badges.set_state(session, two.id, "revoked", reason="x", actor="x", at=AT)
    later = AT + timedelta(seconds=10)
    badge_duty.turn(config, office.database, later)
    assert _status(office, config, one, later) == status_list.SUSPENDED
    assert _status(office, config, two, later) == status_list.INVALID
    second = (config.badges_path() / "status-0.jwt").read_bytes()
    badge_duty.turn(config, office.database, later + timedelta(seconds=61))
    assert (config.badges_path() / "status-0.jwt").read_bytes() != second
    (config.badges_path() / "lists.json").write_text("{")
    badge_duty.turn(config, office.database, later)


def test_a_badge_is_renewed_in_the_last_third_of_its_term(office: Office, config: Settings) -> None:
    """Once; the old token is then in the list, and a suspended badge is left alone."""
    one, two = office.issue(1), office.issue(2)
    with office.database.write() as session:
        badges.set_state(session, two.id, "suspended", reason="x", actor="x", at=AT)
    badge_duty.turn(config, office.database, AT + timedelta(days=19))
    at = AT + timedelta(days=21)
    badge_duty.turn(config, office.database, at)
    badge_duty.turn(config, office.database, at + timedelta(seconds=5))
    with office.database.read() as session:
        renewed = session.get_one(Badge, one.id)
        lines = session.execute(select(AuditEntry).where(AuditEntry.action == "badge.renewed")).scalars().all()
    assert (renewed.expires_at, len(lines)) == (at + LIVE, 1)
    assert _status(office, config, one, at) == status_list.INVALID
    assert _status(office, config, renewed, at) == status_list.VALID


def test_proofs_that_end_first_are_not_stretched(office: Office, config: Settings) -> None:
    """The badge ends with them, whatever the duty would like."""
    badge = office.issue(1)
    with office.database.write() as session:
        sites = [site("a.example.test", days=12)]
        badges.renew(session, office.keys, badge.id, sites, at=AT + timedelta(days=1))
    for day in (5, 11, 13):
        badge_duty.turn(config, office.database, AT + timedelta(days=day))
    with office.database.read() as session:
        assert session.get_one(Badge, badge.id).expires_at == AT + timedelta(days=12)


def test_a_subject_that_was_struck_off_is_not_renewed(office: Office, config: Settings) -> None:
    """The others are."""
    one, two = office.issue(1), office.issue(2)
    with office.database.write() as session:
        session.get_one(Subject, 1).status = "deregistered"
    at = AT + timedelta(days=21)
    badge_duty.turn(config, office.database, at)
    with office.database.read() as session:
        assert session.get_one(Badge, one.id).expires_at == AT + LIVE
        assert session.get_one(Badge, two.id).expires_at == at + LIVE


def test_keys_rotate_by_themselves(office: Office, config: Settings) -> None:
    """After their term; the private half of the old one is gone soon after."""
    badge = office.issue(1)
    at = AT + timedelta(days=config.badge_key_days)
    badge_duty.turn(config, office.database, at - timedelta(seconds=1))
    badge_duty.turn(config, office.database, at)
    badge_duty.turn(config, office.database, at + timedelta(seconds=5))
    with office.database.read() as session:
        old = session.get_one(BadgeKey, badge.kid)
        assert old.state in {"retired", "gone"}
    assert not (office.keys.folder / f"{badge.kid}.key").exists()
    assert len(list(office.keys.folder.glob("*.key"))) == 2


def test_the_dump_of_the_day(office: Office, config: Settings) -> None:
    """All badges, with a signed digest; the next day takes its place."""
    badge = office.issue(1)
    badge_duty.turn(config, office.database, AT)
    folder: Path = config.badges_path()
    with office.database.read() as session:
        _, note = signed_text.read((folder / "dump.jwt").read_text(), public_keys(session), kind=DUMP_TYPE)
    data = read_public(folder, str(note["file"]))
    assert data is not None
    assert (note["sha256"], note["badges"]) == (sha256_hex(data), 1)
    (line,) = gzip.decompress(data).decode().splitlines()
    assert json.loads(line)["badge"] == badge.id
    assert "reason" not in line
    badge_duty.turn(config, office.database, AT + timedelta(days=1))
    assert [path.name for path in folder.glob("dump-*")] == ["dump-2026-11-26.jsonl.gz"]
    assert read_public(folder, "../keys") is None
    assert read_public(folder, "status-9.jwt") is None
