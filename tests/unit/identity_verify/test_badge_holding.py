"""Application and badge, together."""

from datetime import timedelta

import pytest

from identity_verify import badge_holding, badges
from identity_verify.errors import StepError
from tests.unit.identity_verify.merchant_case import ACTOR, HOST, Case


def _suspend(case: Case) -> None:
    with case.locked() as (session, application):
        badge_holding.suspend(
            session, case.keys, application, actor="inspector", reason="officer", note="查处中", at=case.at
        )


def test_suspended_and_lifted_together(case: Case) -> None:
    """Twice is once; the old number serves again."""
    case.issued()
    number = case.badge().id
    _suspend(case)
    _suspend(case)
    assert (case.state, case.badge().state, case.application().suspended_for) == ("suspended", "suspended", "officer")
    with case.locked() as (session, application):
        assert badge_holding.resume(session, case.keys, application, actor="inspector", at=case.at)
        assert not badge_holding.resume(session, case.keys, application, actor="inspector", at=case.at)
    assert (case.state, case.badge().state, case.badge().id) == ("issued", "active", number)
    assert case.events().count("suspend") == 1


def test_nothing_is_lifted_without_a_proof(case: Case) -> None:
    """Nor for a firm that is no more."""
    claim_id = case.issued()
    _suspend(case)
    with case.database.write() as session:
        session.merge(case.claim(claim_id)).state = "lapsed"
    with case.locked() as (session, application):
        assert not badge_holding.resume(session, case.keys, application, actor="inspector", at=case.at)
    assert case.state == "suspended"


def test_revoked_for_good(case: Case) -> None:
    """The badge with it; nothing leads back."""
    case.issued()
    badge_id = case.application().badge_id
    with case.locked() as (session, application):
        badge_holding.revoke(session, case.keys, application, actor=ACTOR, reason="withdrawn", at=case.at)
        with pytest.raises(StepError):
            badge_holding.revoke(session, case.keys, application, actor=ACTOR, reason="withdrawn", at=case.at)
    assert case.state == "revoked"
    with case.database.read() as session:
        assert badges.check(session, badge_id, at=case.at).word == "revoked"


def test_an_application_without_a_badge_is_withdrawn(case: Case) -> None:
    """A draft is simply over."""
    case.apply()
    with case.locked() as (session, application):
        badge_holding.revoke(session, case.keys, application, actor=ACTOR, reason="withdrawn", at=case.at)
    assert case.state == "revoked"


def test_a_term_is_renewed_while_the_proof_stands(case: Case) -> None:
    """Not at every look, but when a third of it is left."""
    case.issued()
    first = case.badge()
    case.run_until(case.at + timedelta(days=12))
    assert case.badge().token == first.token
    case.run_until(case.at + timedelta(days=13))
    assert case.badge().id == first.id
    assert case.badge().expires_at > first.expires_at
    assert case.application().badge_expires_at == case.badge().expires_at


def test_a_second_account_keeps_the_badge_alive(case: Case) -> None:
    """Two applications of one firm share its badge; when one ends, the other's sites stay on it."""
    case.issued()
    first = case.application_id
    with case.database.write() as session:
        case.account_id = case.add_account(session, "second")
    case.apply()
    claim_id = case.add("https://shop.qinghe.example/")
    case.submit()
    case.net.serve("https://shop.qinghe.example/", case.net.pages[f"https://{HOST}/"].body)
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    with case.locked() as (session, application):
        application.granted_for = ["other-account"]
    case.at += timedelta(minutes=1)
    assert case.check(claim_id).ok
    second = case.application_id
    assert case.badge().sites == ["shop.qinghe.example", HOST]
    case.application_id = first
    with case.locked() as (session, application):
        badge_holding.revoke(session, case.keys, application, actor=ACTOR, reason="withdrawn", at=case.at)
    case.application_id = second
    assert (case.badge().state, case.badge().sites) == ("active", ["shop.qinghe.example"])


def test_an_expired_term_ends_the_application(case: Case) -> None:
    """When nobody could look for longer than the badge lives."""
    case.issued()
    case.at += timedelta(days=31)
    case.net.texts.clear()
    case.turn()
    assert case.state == "expired"
    assert case.badge().state == "revoked"
