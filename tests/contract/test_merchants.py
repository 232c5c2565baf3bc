"""Merchants on both databases: the journey, its sealed history, and two who act at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.merchant_recovery import hand_out, reset_by_code
from evidence.log import ledger
from identity_verify import badge_holding, sealed_history
from identity_verify.application import note_event
from identity_verify.badge_keys import open_keys
from identity_verify.merchants import sites_of
from identity_verify.registry_extract import RegistryExtract
from kernel import audit
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Badge, MerchantAccount
from tests.unit.identity_verify.merchant_case import HOST, Case

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def case(any_database: Database, tmp_path: Path) -> Case:
    """A merchant whose firm is in the registry."""
    extract = RegistryExtract(
        code="91310115XX0000019T", registration_number="", name="上海青禾(测试)商贸有限公司", former_names=(),
        kind="company", status="active", region="310115", address="", scope="", websites=(),
        persons=(("legal-representative", "测试甲"),), established_on=date(2020, 1, 6), approved_on=None, authority="",
        capital_fen=None, source_ref="r", source_at=AT,
    )  # fmt: skip
    return Case(any_database, open_keys(Settings(data_dir=tmp_path / "keys")), extract, AT)


def _whole(case: Case) -> int:
    """The history is one chain, all of it in the log; how many steps."""
    with case.database.read() as session:
        steps = sealed_history.steps(session, case.application_id)
        records = [sealed_history.record_of(step) for step in steps]
        sealed_history.check_records(records)
        assert ledger.size(session) == len(steps)
        assert audit.verify(session).ok
    return len(steps)


def test_from_a_code_to_a_badge_and_its_end(case: Case) -> None:
    """Issued; suspended after two failures a day apart, lifted when the proof is back, revoked by an officer."""
    case.issued()
    with case.database.read() as session:
        subject = case.application().subject_id
        assert [site.host for site in sites_of(session, subject, at=case.at)] == [HOST]
    kept, case.net.texts = dict(case.net.texts), {}
    case.run_until(case.at + 3 * DAY)
    assert (case.state, case.badge().state) == ("suspended", "suspended")
    case.net.texts = kept
    case.run_until(case.at + 2 * DAY)
    assert case.state == "issued"
    with case.locked() as (session, row):
        badge_holding.revoke(session, case.keys, row, actor="li", reason="officer", note="冒用", at=case.at)
    assert (case.state, case.badge().state) == ("revoked", "revoked")
    assert _whole(case) == len(case.events())


def test_the_registry_ends_a_firm(case: Case) -> None:
    """Its badge is suspended at the next turn, whatever its sites prove."""
    case.issued()
    case.at += timedelta(minutes=1)
    case.change(status="deregistered")
    case.at += timedelta(minutes=1)
    case.turn()
    assert (case.state, case.badge().state) == ("suspended", "suspended")
    assert case.application().suspended_for == "subject-ended"
    _whole(case)


def test_two_who_look_at_once_get_one_badge(case: Case) -> None:
    """The button pressed twice: one badge, one chain."""
    case.file_icp()
    case.apply()
    claim = case.add()
    case.submit()
    case.place_record(claim)
    with ThreadPoolExecutor(4) as pool:
        assert all(outcome.ok for outcome in pool.map(lambda _: case.check(claim), range(4)))
    with case.database.read() as session:
        assert session.execute(select(func.count(Badge.id))).scalar_one() == 1
    assert case.events().count("issue") == 1
    _whole(case)


def test_steps_of_many_at_once_are_one_chain(case: Case) -> None:
    """Numbers without gaps, each bound to the one before."""
    case.apply()

    def step(number: int) -> None:
        with case.locked() as (session, row):
            note_event(session, row, "registry", actor=f"system:{number}", reason="renamed", at=case.at)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(step, range(12)))
    assert _whole(case) == 13


def test_a_recovery_code_counts_once(case: Case) -> None:
    """Also for two who use it at the same moment."""
    case.apply()
    with case.database.write() as session:
        code = hand_out(session, case.application_id, actor="li", checked="营业执照原件", at=case.at)

    def reset(number: int) -> bool:
        with case.database.write() as session:
            found = reset_by_code(session, name="qinghe", code=code, password_hash=f"hash-{number}", at=case.at)
            return found is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(reset, range(4))) == [False, False, False, True]
    with case.database.read() as session:
        account = session.get_one(MerchantAccount, case.account_id)
        assert (account.recovery_sha256, account.recovery_expires_at) == ("", None)
