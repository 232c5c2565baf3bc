"""The standing duty towards merchants."""

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from identity_verify.badge_keys import open_keys
from identity_verify.recheck import Due
from identity_verify.registry_extract import RegistryExtract
from identity_verify.site_claims import drop_site, held_claim
from kernel.config import Settings
from kernel.db import Database
from pipeline.recheck_duty import Rechecks, rechecks_of, turn
from tests.unit.identity_verify.merchant_case import ACTOR, DELEGATE, Case

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def case(database: Database, config: Settings) -> Case:
    """A merchant whose firm is in the registry."""
    extract = RegistryExtract(
        code="91310115XX0000019T", registration_number="", name="上海青禾(测试)商贸有限公司", former_names=(),
        kind="company", status="active", region="310115", address="测试路1号", scope="", websites=(),
        persons=(("legal-representative", "测试甲"),), established_on=date(2020, 1, 6), approved_on=None, authority="",
        capital_fen=None, source_ref="reg-1", source_at=AT - timedelta(days=2),
    )  # fmt: skip
    return Case(database, open_keys(config), extract, AT)


def test_a_turn_looks_at_what_is_due(case: Case) -> None:
    """Once; a second turn at the same time has nothing to do."""
    case.issued()
    assert case.turn() == 0
    case.at += timedelta(days=1)
    assert case.turn() == 1
    assert case.turn() == 0
    assert case.state == "issued"


def test_a_site_that_went_meanwhile_is_passed_over(case: Case) -> None:
    """Dropped between the list and the look."""
    claim_id = case.issued()
    with case.locked() as (session, application):
        drop_site(session, application, held_claim(session, application.id, claim_id), actor=ACTOR, at=case.at)
    duty = Rechecks(case.database, case.keys, case.net, DELEGATE)
    assert duty.look(Due(case.application_id, claim_id, ("dns",)), case.at) is None


def test_one_that_fails_does_not_hold_up_the_others(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """A key folder that is gone is told; the round goes on."""
    case.issued()
    shutil.rmtree(case.keys.folder)
    case.at += timedelta(minutes=1)
    case.change(name="上海青禾二号(测试)商贸有限公司")
    case.turn()
    assert "has to wait" in caplog.text
    assert case.state == "issued"


def test_the_settings_make_the_duty(config: Settings, database: Database) -> None:
    """With nothing due, no network is needed."""
    turn(config, database, AT)
    assert isinstance(rechecks_of(config, database), Rechecks)
