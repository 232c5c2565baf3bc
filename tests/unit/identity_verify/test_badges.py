"""The life of a badge: issue, renew, suspend, revoke; what a check says at each step."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from identity_verify import badges
from identity_verify.badge_check import BadgeVerdict
from identity_verify.errors import BadgeError, BadgeStateError, BadgeUnknownError
from kernel import audit
from kernel.db import Database
from kernel.models import AuditEntry, Badge, BadgeKey, BadgeToken
from tests.data.badges.issuing import AT, Office, add_subject, open_office, site

LATER = AT + timedelta(hours=1)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """An issuer."""
    return open_office(database, tmp_path / "keys")


def _check(office: Office, what: str, *, shown_on: str = "", at: datetime = LATER) -> BadgeVerdict:
    with office.database.read() as session:
        return badges.check(session, what, shown_on=shown_on, at=at)


def _set(office: Office, badge: Badge, state: str, *, at: datetime = LATER) -> None:
    with office.database.write() as session:
        badges.set_state(session, badge.id, state, reason="测试", actor="officer", at=at)


def test_a_new_badge_is_valid_by_number_and_by_token(office: Office) -> None:
    """On its own site it passes every step, elsewhere it fails one; without an address it says that it did not look."""
    badge = office.issue(1, "shop.example.test")
    spaced = f"{badge.id[:4].lower()} {badge.id[4:8]}-{badge.id[8:]}"
    assert _check(office, spaced).word == "valid"
    assert {step.name: step.outcome for step in _check(office, badge.id).steps}["place"] == "NOT_CHECKED"
    shown = _check(office, badge.token, shown_on="https://shop.example.test/about")
    assert shown.ok
    assert {step.outcome for step in shown.steps} == {"PASSED"}
    copied = _check(office, badge.token, shown_on="https://copy.example.test/")
    assert (copied.word, copied.ok, copied.steps[-1].why) == ("place", False, "place")


def test_a_check_character_tells_a_slip_from_an_unknown_number(office: Office) -> None:
    """A mistyped number never leads to another badge."""
    badge = office.issue()
    slip = ("1" if badge.id[3] != "1" else "2").join((badge.id[:3], badge.id[4:]))
    assert _check(office, slip).word == "malformed"
    with office.database.write() as session:
        session.execute(delete(BadgeToken))
        session.execute(delete(Badge))
    assert _check(office, badge.id).word == "unknown"
    assert _check(office, badge.id).badge is None


def test_issuing_again_changes_nothing_and_other_sites_renew(office: Office) -> None:
    """One live badge a subject; the number stays when the sites change, and the old token is over."""
    first = office.issue(1, "shop.example.test")
    with office.database.write() as session:
        same = badges.issue(session, office.keys, 1, [site("shop.example.test")], at=LATER)
        assert (same.id, same.token, same.revision) == (first.id, first.token, first.revision)
    with office.database.write() as session:
        sites = [site("new.example.test", "domain"), site("shop.example.test")]
        more = badges.issue(session, office.keys, 1, sites, actor="officer", at=LATER)
        assert (more.id, more.sites) == (first.id, ["*.new.example.test", "shop.example.test"])
        assert more.revision > first.revision
    assert _check(office, first.token).word == "superseded"
    assert _check(office, more.token, shown_on="a.new.example.test").ok


def test_term_is_that_of_the_first_proof_or_of_the_token(office: Office) -> None:
    """Whichever ends first; then the badge is expired, and a new one may be issued."""
    add_subject(office.database, 1)
    with office.database.write() as session:
        badge = badges.issue(
            session, office.keys, 1, [site("a.example.test", days=9), site("b.example.test", days=99)], at=AT
        )
    assert badge.expires_at == AT + timedelta(days=9)
    assert _check(office, badge.id, at=badge.expires_at - timedelta(seconds=1)).ok
    assert _check(office, badge.id, at=badge.expires_at).word == "expired"
    after = badge.expires_at + timedelta(days=1)
    with office.database.write() as session:
        again = badges.issue(session, office.keys, 1, [site("a.example.test", at=after)], at=after)
    assert again.id != badge.id
    assert again.expires_at == after + timedelta(days=30)


def test_suspension_is_lifted_and_revocation_is_final(office: Office) -> None:
    """Each step is one audit line; the same step twice is one; no way leads back from a revocation."""
    badge = office.issue()
    _set(office, badge, "suspended")
    _set(office, badge, "suspended")
    assert _check(office, badge.token).word == "suspended"
    with office.database.write() as session, pytest.raises(BadgeStateError):
        badges.renew(session, office.keys, badge.id, [site("shop1.example.test")], at=LATER)
    with office.database.write() as session, pytest.raises(BadgeStateError):
        badges.issue(session, office.keys, 1, [site("other.example.test")], at=LATER)
    _set(office, badge, "active")
    assert _check(office, badge.token).ok
    _set(office, badge, "revoked")
    assert _check(office, badge.id).word == "revoked"
    for state in ("active", "suspended", "odd"):
        with pytest.raises(BadgeStateError):
            _set(office, badge, state)
    with office.database.read() as session:
        lines = session.execute(select(AuditEntry.action).where(AuditEntry.object_id == badge.id)).scalars().all()
        assert lines == ["badge.issued", "badge.suspended", "badge.restored", "badge.revoked"]
        assert audit.verify(session).ok
    with office.database.write() as session:
        assert badges.issue(session, office.keys, 1, [site("shop1.example.test")], at=LATER).id != badge.id


@pytest.mark.parametrize("status", ["deregistered", "revoked", "cancelled"])
def test_a_subject_that_was_struck_off_gets_none(office: Office, status: str) -> None:
    """Neither does an unknown one, nor one without proofs in force."""
    add_subject(office.database, 1, status=status)
    add_subject(office.database, 2)
    with office.database.write() as session:
        for number, sites in (
            (1, [site("a.example.test")]),
            (7, [site("a.example.test")]),
            (2, []),
            (2, [site("a.example.test", days=0)]),
            (2, [site("a.example.test", days=0.01)]),
            (2, [site(f"a{n}.example.test") for n in range(51)]),
        ):
            with pytest.raises(BadgeError):
                badges.issue(session, office.keys, number, sites, at=AT)
        with pytest.raises(BadgeUnknownError):
            badges.renew(session, office.keys, "NONE", [site("a.example.test")], at=AT)
    assert _check(office, "NONE").word == "malformed"


def test_a_compromised_key_counts_for_nothing_and_its_badges_go_on(office: Office) -> None:
    """The drill: what the key signed is refused at once, the badges are signed anew, numbers and terms stay."""
    one, two = office.issue(1), office.issue(2)
    _set(office, two, "suspended")
    with office.database.write() as session:
        office.keys.mark_compromised(session, one.kid, actor="drill", at=LATER)
    assert _check(office, one.id).word == "key"
    with office.database.write() as session:
        assert badges.resign(session, office.keys, one.kid, actor="drill", at=LATER) == 2
        assert badges.resign(session, office.keys, one.kid, actor="drill", at=LATER) == 0
    verdict = _check(office, one.id)
    assert verdict.ok
    assert verdict.badge is not None
    assert (verdict.badge.kid != one.kid, verdict.badge.expires_at) == (True, one.expires_at)
    assert _check(office, one.token).word == "key"
    assert _check(office, two.id).word == "suspended"
    with office.database.read() as session:
        assert session.get_one(BadgeKey, one.kid).state == "compromised"


def test_a_token_that_was_never_issued_is_forged(office: Office) -> None:
    """Signed by nobody, by another issuer, or by our own key elsewhere: each is refused and says why."""
    badge = office.issue()
    head, body, signature = badge.token.rstrip("~").split(".")
    assert _check(office, f"{head}.{body}.{signature[::-1]}~").word == "forged"
    assert _check(office, f"{head}.{body}.~").steps[0].why == "signature"
    assert _check(office, "a.b").steps[0].why == "form"
    with office.database.write() as session:
        session.execute(update(BadgeToken).values(sha256="0" * 64))
    stolen = _check(office, badge.token)
    assert (stolen.word, stolen.steps[0].why) == ("forged", "never-issued")
