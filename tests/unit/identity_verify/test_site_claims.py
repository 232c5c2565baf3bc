"""Sites of an application."""

from datetime import timedelta

import pytest

from identity_verify.application import move
from identity_verify.errors import ApplicationUnknownError, NotReadyError, SiteAddressError
from identity_verify.links import Edge, draw
from identity_verify.site_claims import (
    MAX_SITES,
    claims_at,
    drop_site,
    held_claim,
    held_claims,
    proof_end,
    proven_site,
    renew_token,
    written,
)
from kernel.models import Shop
from tests.unit.identity_verify.merchant_case import ACTOR, HOST, Case


@pytest.fixture
def begun(case: Case) -> Case:
    """A draft."""
    case.apply()
    return case


@pytest.mark.parametrize(
    ("address", "more", "text"),
    [
        (f"https://{HOST}/any/page?x=1", {}, HOST),
        ("qinghe.example", {"scope": "domain"}, "*.qinghe.example"),
        (f"https://{HOST}", {"scope": "domain"}, "*.qinghe.example"),
        ("https://mall.example/shop/7/", {"kind": "shop"}, "mall.example/shop/7"),
        ("https://mall.example/shop/7", {"kind": "shop", "scope": "domain"}, "mall.example/shop/7"),
        ("https://shop7.mall.example/", {"kind": "shop", "scope": "domain"}, "shop7.mall.example"),
        ("http://www.qinghe.example:8700/", {}, "www.qinghe.example:8700"),
        (f"https://{HOST}/~me/", {"scope": "path"}, f"{HOST}/~me"),
    ],
)
def test_scopes_are_written_out(begun: Case, address: str, more: dict[str, object], text: str) -> None:
    """A host, a domain, a shop; nobody claims the whole of a platform by a shop."""
    claim_id = begun.add(address, **more)
    assert written(begun.claim(claim_id)) == text
    assert begun.add(address, **more) == claim_id, "the same again is the same"


def test_what_nobody_can_claim(begun: Case) -> None:
    """A public suffix as a domain; a part of a site without saying which."""
    for address, scope in (("github.io", "domain"), (f"https://{HOST}/", "path"), ("https://192.0.2.1/", "host")):
        with pytest.raises(SiteAddressError):
            begun.add(address, scope=scope)
    for number in range(MAX_SITES):
        begun.add(f"https://s{number}.qinghe.example/")
    with pytest.raises(NotReadyError):
        begun.add(f"https://{HOST}/")


def test_another_scope_is_another_claim(begun: Case) -> None:
    """With another token, to be proven anew."""
    first = begun.add()
    second = begun.add(scope="domain")
    assert second != first
    assert begun.claim(first).token != begun.claim(second).token
    with begun.database.read() as session:
        assert [row.id for row in held_claims(session, begun.application_id)] == [second]


def test_a_site_is_dropped_and_claimed_again(begun: Case) -> None:
    """What was dropped is history; the new claim has a token of its own."""
    first = begun.add()
    with begun.locked() as (session, application):
        row = held_claim(session, application.id, first)
        drop_site(session, application, row, actor=ACTOR, at=begun.at)
        drop_site(session, application, row, actor=ACTOR, at=begun.at)
        with pytest.raises(ApplicationUnknownError):
            held_claim(session, application.id, first)
    assert begun.add() != first
    assert begun.events().count("site-dropped") == 1


def test_an_ended_application_takes_no_sites(begun: Case) -> None:
    """A new one is begun instead."""
    with begun.locked() as (session, application):
        move(session, application, "revoke", actor=ACTOR, at=begun.at)
    with pytest.raises(NotReadyError):
        begun.add()


def test_look_alikes_of_others_are_warned_of(begun: Case) -> None:
    """Of shops under watch, but for the firm's own."""
    with begun.database.write() as session:
        shop = Shop(url="https://www.qinghf.example/", host="www.qinghf.example", created_at=begun.at)
        session.add(shop)
        session.flush()
        shop_id = shop.id
    row = begun.claim(begun.add())
    assert row.warnings == [{"word": "one-letter-off", "detail": "qinghf.example"}]
    assert f"look-alike:{HOST}" in row.doubts
    with begun.locked() as (session, application):
        draw(session, application.subject_id, Edge("shop", str(shop_id), "runs", "officer"), at=begun.at)
    assert begun.claim(begun.add("https://shop.qinghe.example")).warnings == []


def test_a_new_token_has_its_own_year(begun: Case) -> None:
    """And the proof that stands is looked at within a day."""
    claim_id = begun.add()
    old = begun.claim(claim_id)
    begun.at += timedelta(days=30)
    with begun.locked() as (session, application):
        renew_token(session, application, held_claim(session, application.id, claim_id), actor=ACTOR, at=begun.at)
    new = begun.claim(claim_id)
    assert new.token != old.token
    assert (new.token_expires_on - old.token_expires_on).days == 30
    assert new.next_probe_at is None


def test_a_proof_ends_with_its_token(case: Case) -> None:
    """After ninety days, and never after the token's last day in China."""
    claim_id = case.issued()
    row = case.claim(claim_id)
    assert proof_end(row, case.at) == case.at + timedelta(days=90)
    late = case.at + timedelta(days=364)
    assert timedelta(0) < proof_end(row, late) - late < timedelta(days=2)
    site = proven_site(row)
    assert site is not None
    assert (site.text(), site.method) == (HOST, "dns")
    with case.database.read() as session:
        assert [found.id for found in claims_at(session, HOST, "/")] == [claim_id]
        assert claims_at(session, "other.example", "/") == []
