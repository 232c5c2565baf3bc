"""The sites of a subject, as the badge needs them."""

from datetime import timedelta

from identity_verify.merchants import sites_of
from identity_verify.site_claims import held_claim
from tests.unit.identity_verify.merchant_case import HOST, Case


def _texts(case: Case) -> list[str]:
    with case.database.read() as session:
        return [site.text() for site in sites_of(session, case.application().subject_id, at=case.at)]


def test_only_what_is_proven_and_beyond_doubt(case: Case) -> None:
    """A second site without a link to the firm waits for an officer; it is not on the list."""
    case.issued()
    assert _texts(case) == [HOST]
    second = case.add("https://shop.elsewhere.example/")
    case.place_record(second)
    assert case.check(second).ok
    assert _texts(case) == [HOST]
    with case.locked() as (_, application):
        application.granted_for = ["not-linked:shop.elsewhere.example"]
    assert _texts(case) == ["shop.elsewhere.example", HOST]


def test_a_proof_that_is_over_does_not_count(case: Case) -> None:
    """Nor one of a site that was dropped or has lapsed."""
    claim_id = case.issued()
    case.at += timedelta(days=91)
    assert _texts(case) == []
    case.at -= timedelta(days=91)
    with case.locked() as (session, application):
        held_claim(session, application.id, claim_id).state = "lapsed"
    assert _texts(case) == []


def test_nothing_counts_before_verification(case: Case) -> None:
    """A draft with a proof is still a draft."""
    case.apply()
    claim_id = case.add()
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    assert _texts(case) == []
