"""From proofs to a verified application; the officer's part."""

from datetime import timedelta
from typing import Any

import pytest

from identity_verify import approval, badge_holding
from identity_verify.errors import NotReadyError, StepError, SubjectEndedError
from tests.unit.identity_verify.merchant_case import ACTOR, HOST, Case

OFFICER = "inspector"
NOTE = "已核对营业执照原件"


def _proven(case: Case, *, filed: bool = True, **wish: object) -> int:
    if filed:
        case.file_icp()
    case.apply(**wish)
    claim_id = case.add()
    case.submit()
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    return claim_id


def _grant(case: Case) -> None:
    with case.locked() as (session, application):
        if approval.grant(session, application, actor=OFFICER, note=NOTE, at=case.at):
            badge_holding.ensure_badge(session, case.keys, application, actor=OFFICER, at=case.at)


def test_when_all_is_right_nobody_is_asked(case: Case) -> None:
    """The badge is there with the proof, and the journey is told step by step."""
    case.issued()
    assert case.badge().sites == [HOST]
    assert case.events() == ["begin", "site-added", "submit", "site-proven", "verify", "issue"]
    assert case.application().approval == ""


def test_without_a_site_there_is_nothing_to_hand_in(case: Case) -> None:
    """And handing in twice is once."""
    case.apply()
    with pytest.raises(NotReadyError):
        case.submit()
    case.add()
    case.submit()
    case.submit()
    assert case.events().count("submit") == 1


def test_a_proof_before_handing_in_counts(case: Case) -> None:
    """Whichever comes first."""
    case.file_icp()
    case.apply()
    claim_id = case.add()
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    assert case.state == "draft"
    case.submit()
    assert case.state == "verified"


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"name": "上海禾苗(测试)商贸有限公司"}, "name-former"),
        ({"name": "上海青禾(测试)商贸公司"}, "name-differs"),
        ({"representative": "测试乙"}, "representative-differs"),
        ({"category": "drug"}, "high-risk"),
    ],
)
def test_what_an_officer_must_see(case: Case, wish: dict[str, Any], reason: str) -> None:
    """It waits, is granted, and then the badge comes."""
    _proven(case, **wish)
    row = case.application()
    assert (row.state, row.approval, row.approval_reasons, row.badge_id) == ("pending", "needed", [reason], "")
    _grant(case)
    row = case.application()
    assert (row.state, row.approval, row.approved_by, row.granted_for) == ("issued", "granted", OFFICER, [reason])


def test_a_site_without_a_link_waits(case: Case) -> None:
    """Whoever controls a site has not shown to be the firm whose code was entered."""
    _proven(case, filed=False)
    assert case.application().approval_reasons == [f"not-linked:{HOST}"]
    assert case.state == "pending"
    _grant(case)
    assert case.state == "issued"


def test_an_abnormal_subject_waits(case: Case) -> None:
    """The registry's mark is for an officer to weigh."""
    case.change(status="abnormal")
    _proven(case)
    assert case.application().approval_reasons == ["subject-abnormal"]


def test_another_account_for_the_same_firm_waits(case: Case) -> None:
    """Two people say that they are the firm."""
    case.issued()
    with case.database.write() as session:
        case.account_id = case.add_account(session, "second")
    _proven(case)
    assert case.application().approval_reasons == ["other-account"]


def _second_site(case: Case) -> int:
    second = case.add("https://shop.elsewhere.example/")
    case.place_record(second)
    case.at += timedelta(minutes=1)
    assert case.check(second).ok
    return second


def test_a_grant_is_for_what_was_seen(case: Case) -> None:
    """What comes up later is asked anew, and the badge goes on saying what is beyond doubt."""
    _proven(case, representative="测试乙")
    _grant(case)
    _second_site(case)
    assert (case.state, case.application().approval) == ("issued", "needed")
    assert case.badge().sites == [HOST]
    _grant(case)
    assert case.badge().sites == ["shop.elsewhere.example", HOST]


def test_a_site_that_is_refused_is_dropped(case: Case) -> None:
    """The badge stays with the others."""
    case.issued()
    second = _second_site(case)
    with case.locked() as (session, application):
        approval.refuse(session, application, actor=OFFICER, note="不是本企业网站", at=case.at)
    assert case.claim(second).removed_at is not None
    assert (case.state, case.application().approval) == ("issued", "refused")
    assert case.badge().sites == [HOST]


def test_an_officer_sends_back_with_a_reason(case: Case) -> None:
    """To the draft; the merchant mends it and hands in again."""
    _proven(case, representative="测试乙")
    with case.locked() as (session, application):
        approval.refuse(session, application, actor=OFFICER, note="法定代表人与登记不符", at=case.at)
    row = case.application()
    assert (row.state, row.approval, row.approval_note) == ("draft", "refused", "法定代表人与登记不符")
    case.apply()
    case.submit()
    assert case.application().state == "verified"


@pytest.mark.parametrize("decide", [approval.grant, approval.refuse])
def test_decisions_need_a_question_and_a_note(case: Case, decide: object) -> None:
    """Nothing is granted or refused that was not asked, nor without a word."""
    case.apply()
    for note in (NOTE, " "):
        with pytest.raises(NotReadyError), case.locked() as (session, application):
            decide(session, application, actor=OFFICER, note=note, at=case.at)  # type: ignore[operator]


def test_a_firm_that_ends_meanwhile_is_not_verified(case: Case) -> None:
    """The registry is asked again at each step."""
    case.file_icp()
    case.apply()
    claim_id = case.add()
    case.submit()
    case.change(status="revoked")
    case.place_record(claim_id)
    with pytest.raises(SubjectEndedError):
        case.check(claim_id)
    assert case.state == "pending"


def test_what_has_a_badge_is_not_handed_in(case: Case) -> None:
    """It is suspended or revoked instead."""
    case.issued()
    with pytest.raises(StepError), case.locked() as (session, application):
        approval.submit(session, application, actor=ACTOR, at=case.at)
