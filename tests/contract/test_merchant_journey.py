"""A merchant's way to the badge and on, on both databases: proofs, doubts, officers, looking again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from identity_verify import approval, badge_holding, badges
from identity_verify.badge_issuer import Issuer
from identity_verify.badge_keys import BadgeKeys
from identity_verify.registry_extract import RegistryExtract
from kernel import audit
from kernel.db import Database
from kernel.models import Badge, ControlProof
from tests.unit.identity_verify.merchant_case import HOST, Case

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)
EXTRACT = RegistryExtract(
    code="91310115XX0000019T",
    registration_number="",
    name="上海青禾(测试)商贸有限公司",
    former_names=("上海禾苗(测试)商贸有限公司",),
    kind="company",
    status="active",
    region="310115",
    address="上海市浦东新区测试路1号",
    scope="",
    persons=(("legal-representative", "测试甲"),),
    established_on=None,
    approved_on=None,
    authority="",
    capital_fen=None,
    websites=(),
    source_ref="reg-1",
    source_at=AT - DAY,
)


@pytest.fixture
def case(any_database: Database, tmp_path: Path) -> Case:
    """A merchant on either database."""
    keys = BadgeKeys(tmp_path / "badge", Issuer("https://badge.example.test"), timedelta(days=30))
    return Case(any_database, keys, replace(EXTRACT), AT)


def test_every_look_is_kept_and_the_badge_comes(case: Case) -> None:
    """A miss with its cause, then the proof, then the badge, in order; the audit chain holds."""
    case.file_icp()
    case.apply()
    claim_id = case.add()
    case.submit()
    assert case.check(claim_id).cause == "nxdomain"
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    assert case.state == "issued"
    assert case.badge().sites == [HOST]
    with case.database.read() as session:
        query = select(ControlProof.ok, ControlProof.cause).order_by(ControlProof.id)
        assert [tuple(row) for row in session.execute(query)] == [(False, "nxdomain"), (True, "")]
        assert audit.verify(session).ok
    assert case.events() == ["begin", "site-added", "submit", "site-proven", "verify", "issue"]


def test_an_officer_decides_what_is_in_doubt(case: Case) -> None:
    """A former name waits; two officers at once make one badge."""
    case.file_icp()
    case.apply(name="上海禾苗(测试)商贸有限公司")
    claim_id = case.add()
    case.submit()
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    row = case.application()
    assert (row.state, row.approval_reasons) == ("pending", ["name-former"])

    def grant(officer: str) -> None:
        with case.locked() as (session, application):
            if approval.grant(session, application, actor=officer, note="已核对执照原件", at=case.at):
                badge_holding.ensure_badge(session, case.keys, application, actor=officer, at=case.at)

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(grant, officer) for officer in ("li", "wang")]
    refused = [outcome.exception() for outcome in outcomes]
    assert refused.count(None) >= 1
    assert case.state == "issued"
    with case.database.read() as session:
        assert session.execute(select(func.count()).select_from(Badge)).scalar() == 1


def test_two_misses_a_day_apart_suspend_and_a_proof_lifts(case: Case) -> None:
    """Warned within a day, suspended a day after the warning, in force again with the record."""
    claim_id = case.issued()
    kept = dict(case.net.texts)
    case.net.texts.clear()
    case.run_until(case.at + DAY)
    assert case.state == "warning"
    case.run_until(case.at + 2 * DAY)
    assert case.state == "suspended"
    with case.database.read() as session:
        assert badges.check(session, case.application().badge_id, at=case.at).word == "suspended"
    case.net.texts.update(kept)
    assert case.check(claim_id).ok
    assert case.state == "issued"


def test_the_badge_of_a_firm_that_is_struck_off_stops_at_once(case: Case) -> None:
    """The registry's change is taken by the duty's next round."""
    case.issued()
    case.at += timedelta(hours=1)
    case.change(status="deregistered")
    case.turn()
    with case.database.read() as session:
        assert badges.check(session, case.badge().id, at=case.at).word == "suspended"
    assert case.application().suspended_for == "subject-ended"
