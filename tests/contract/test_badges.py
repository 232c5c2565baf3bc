"""Badges on both databases: issued, suspended, revoked, told by status lists; also when two do it at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from identity_verify import badges, sightings, status_list
from identity_verify.badge_files import write_dump, write_lists
from identity_verify.badge_keys import key_set, public_keys
from identity_verify.errors import BadgeStateError
from kernel import audit
from kernel.db import Database
from kernel.models import AuditEntry, Badge, BadgeSighting, BadgeToken
from tests.data.badges.issuing import AT, Office, add_subject, open_office, site

LATER = AT + timedelta(hours=1)


@pytest.fixture
def office(any_database: Database, tmp_path: Path) -> Office:
    """An issuer on either database."""
    return open_office(any_database, tmp_path / "keys")


def _status(office: Office, badge_id: str, folder: Path) -> int:
    """What the signed list says of a badge, read as others read it."""
    with office.database.write() as session:
        assert write_lists(session, office.keys, folder, at=LATER) == 1
        keys = public_keys(session)
        idx = session.execute(
            select(BadgeToken.idx).where(BadgeToken.badge_id == badge_id).order_by(BadgeToken.idx.desc()).limit(1)
        ).scalar_one()
    uri = office.keys.issuer.status_uri(0)
    listed = status_list.read((folder / "status-0.jwt").read_text(), keys, uri=uri, at=LATER)
    return listed.status(idx)


def test_a_badge_lives_and_the_list_tells(office: Office, tmp_path: Path) -> None:
    """Issued, suspended, lifted, revoked: verdict and list agree at each step, one audit line a step, no way back."""
    first, other = office.issue(1), office.issue(2)
    for state, word, said in (
        ("suspended", "suspended", status_list.SUSPENDED),
        ("active", "valid", status_list.VALID),
        ("revoked", "revoked", status_list.INVALID),
    ):
        with office.database.write() as session:
            badges.set_state(session, first.id, state, reason="测试", actor="officer", at=LATER)
        with office.database.read() as session:
            assert badges.check(session, first.token, at=LATER).word == word
        assert _status(office, first.id, tmp_path) == said
        assert _status(office, other.id, tmp_path) == status_list.VALID
    with office.database.write() as session, pytest.raises(BadgeStateError):
        badges.set_state(session, first.id, "active", reason="测试", actor="officer", at=LATER)
    with office.database.read() as session:
        lines = session.execute(select(AuditEntry.action).where(AuditEntry.object_id == first.id)).scalars().all()
        assert lines == ["badge.issued", "badge.suspended", "badge.restored", "badge.revoked"]
        assert audit.verify(session).ok


def test_two_issue_at_once(office: Office) -> None:
    """One live badge a subject, one place in the list, whoever comes first."""
    add_subject(office.database, 1)
    office.issue(2)  # the keys are there

    def issue(_turn: int) -> str:
        with office.database.write() as session:
            return badges.issue(session, office.keys, 1, [site("shop1.example.test")], at=AT).id

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(issue, range(3)))) == 1
    with office.database.read() as session:
        assert session.execute(select(func.count()).select_from(Badge)).scalar() == 2
        places = session.execute(select(BadgeToken.idx)).scalars().all()
        assert len(places) == len(set(places)) == 2


def test_two_revoke_at_once(office: Office) -> None:
    """One change, one audit line, one newer revision."""
    badge = office.issue()

    def revoke(_turn: int) -> None:
        with office.database.write() as session:
            badges.set_state(session, badge.id, "revoked", reason="测试", actor="officer", at=LATER)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(revoke, range(3)))
    with office.database.read() as session:
        lines = session.execute(select(AuditEntry.action).where(AuditEntry.object_id == badge.id)).scalars().all()
        assert lines == ["badge.issued", "badge.revoked"]
        assert session.get_one(Badge, badge.id).revision > badge.revision


def test_keys_turn_and_are_withdrawn(office: Office) -> None:
    """An old token outlives a rotation; a compromised key's tokens are signed anew under their number."""
    badge = office.issue()
    with office.database.write() as session:
        before = len(key_set(session)["keys"])  # type: ignore[arg-type]
        office.keys.rotate(session, actor="officer", at=LATER)
        assert len(key_set(session)["keys"]) == before + 1  # type: ignore[arg-type]
    with office.database.read() as session:
        assert badges.check(session, badge.token, at=LATER).ok
    kid = badge.kid
    with office.database.write() as session:
        office.keys.mark_compromised(session, kid, actor="officer", at=LATER)
        assert badges.resign(session, office.keys, kid, actor="officer", at=LATER) == 1
    with office.database.read() as session:
        assert not badges.check(session, badge.token, at=LATER).ok
        assert badges.check(session, badge.id, at=LATER).ok


def test_the_dump_holds_every_live_badge(office: Office, tmp_path: Path) -> None:
    """A signed note names the file."""
    office.issue(1)
    office.issue(2)
    with office.database.write() as session:
        assert write_dump(session, office.keys, tmp_path, at=LATER) == 2
    assert (tmp_path / "dump.jwt").exists()


def test_a_sighting_is_one_row_however_often(office: Office) -> None:
    """And what an officer dismissed stays so."""
    badge = office.issue()
    seen = sightings.Seen(badge.id, "link", "copy.example.test", "https://copy.example.test/", 60)
    for expected in (True, False):
        with office.database.write() as session:
            row, new = sightings.record(session, seen, at=LATER)
            assert new is expected
    with office.database.write() as session:
        row = session.get_one(BadgeSighting, row.id)
        sightings.decide(session, row, "dismissed", reason="本店另一网址", actor="officer", at=LATER)
        row, new = sightings.record(session, seen, at=LATER)
        assert (row.state, row.times, new) == ("dismissed", 3, False)
