from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from exchange.connectors import fault, post, state
from exchange.connectors.panel import FourSystems, SystemView, basis_of_shop, panel
from exchange.connectors.row import Problem, Quarantined
from exchange.connectors.state import STALE
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from kernel.db import Database
from kernel.models import LinkedRecord, Shop

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CODE, OTHER = "91310115XX0000019T", "92310104XX0000027L"
URL = "https://a.example.test/"


def add(session: Session, system: str, key: str, **values: object) -> LinkedRecord:
    """One record."""
    told = {"version": 1, "source_at": AT, "fetched_at": AT, "subject_code": CODE, "data": {}, **values}
    record = LinkedRecord(system=system, key=key, **told)
    session.add(record)
    session.flush()
    return record


def shop(session: Session, code: str = CODE) -> Shop:
    """One shop that shows a code."""
    row = Shop(url=URL, host="a.example.test", seller_code=code, seller_name="甲（测试）", created_at=AT)
    session.add(row)
    session.flush()
    return row


def view(four: FourSystems, system: str) -> SystemView:
    """What one system says."""
    return next(one for one in four.systems if one.system == system)


def test_by_the_shown_code_and_the_address(database: Database) -> None:
    """Records of the code, and those of the address that name no other code; a name alone is nothing."""
    with database.write() as session:
        row = shop(session)
        add(session, "penalty", "p1", title="一", happened_on=date(2026, 1, 1))
        add(session, "penalty", "p2", title="二", happened_on=date(2026, 2, 1))
        add(session, "penalty", "p3", subject_code=OTHER)
        add(session, "complaint12315", "c1", subject_code="", shop_url=URL)
        add(session, "complaint12315", "c2", subject_code=OTHER, shop_url=URL)
        add(session, "complaint12315", "c3", subject_code="", subject_name="甲（测试）")
        add(session, "credit", "x1", deleted_at=AT)
        four = panel(session, shop_id=row.id, at=AT)
    assert (four.basis.how, four.basis.code) == ("shown-code", CODE)
    assert [one.record.key for one in view(four, "penalty").rows] == ["p2", "p1"]
    assert [one.record.key for one in view(four, "complaint12315").rows] == ["c1"]
    assert (view(four, "credit").total, view(four, "credit").gone) == (0, 1)
    assert [one.system for one in four.systems] == ["registration", "penalty", "complaint12315", "credit"]


def test_a_shop_without_a_code(database: Database) -> None:
    """Is found by its address alone."""
    with database.write() as session:
        row = shop(session, "")
        add(session, "complaint12315", "c1", subject_code="", shop_url=URL)
        add(session, "penalty", "p1", subject_code="")
        four = panel(session, shop_id=row.id, at=AT)
    assert four.basis.how == "address"
    assert (view(four, "complaint12315").total, view(four, "penalty").total) == (1, 0)


def test_of_a_subject(database: Database) -> None:
    """By its code; nothing of one that is not there."""
    extract = RegistryExtract(
        CODE,
        "",
        "甲（测试）有限公司",
        (),
        "company",
        "active",
        "310115",
        "",
        "",
        (),
        None,
        None,
        "",
        None,
        (),
        "r:1",
        AT,
    )
    with database.write() as session:
        subject_id = take_extract(session, extract, at=AT)
        add(session, "penalty", "p1")
        four = panel(session, subject_id=subject_id, at=AT)
        assert (four.basis.how, view(four, "penalty").total) == ("subject", 1)
        assert four.basis.subject_id == subject_id
        assert all(not one.total for one in panel(session, subject_id=99, at=AT).systems)
        assert all(not one.total for one in panel(session, shop_id=99, at=AT).systems)


@pytest.mark.parametrize(("until", "expired"), [("2026-11-24", True), ("2026-11-25", False), ("", False)])
def test_publicity_ends(database: Database, *, until: str, expired: bool) -> None:
    """The day itself still counts; the day is China's."""
    with database.write() as session:
        row = shop(session)
        add(session, "penalty", "p1", data={"shown_until": until})
        assert view(panel(session, shop_id=row.id, at=AT), "penalty").rows[0].expired is expired
        late = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
        assert view(panel(session, shop_id=row.id, at=late), "penalty").rows[0].expired is bool(until)


def test_freshness_and_quarantine_are_told(database: Database) -> None:
    """Stale when never read or long ago; a newer version that waits is shown."""
    with database.write() as session:
        row = shop(session)
        add(session, "penalty", "p1")
        assert view(panel(session, shop_id=row.id, at=AT), "penalty").stale
        state.good(state.of_system(session, "penalty"), AT)
        assert not view(panel(session, shop_id=row.id, at=AT + STALE), "penalty").stale
        assert view(panel(session, shop_id=row.id, at=AT + STALE + timedelta(seconds=1)), "penalty").stale
        bad = Quarantined("p1", 2, {}, (Problem("PenAm", "form"),))
        fault.put(session, "penalty", replace(bad, version=1), source="pull", at=AT)
        assert not view(panel(session, shop_id=row.id, at=AT), "penalty").rows[0].newer_waits
        fault.put(session, "penalty", bad, source="pull", at=AT)
        assert view(panel(session, shop_id=row.id, at=AT), "penalty").rows[0].newer_waits


def test_what_was_written_back_is_shown(database: Database) -> None:
    """Of the shop, and of its code."""
    with database.write() as session:
        row = shop(session)
        post.mint(session, "credit", post.Sending("risk-hint", "a", {}, subject_code=CODE), actor="li", at=AT)
        post.mint(session, "credit", post.Sending("risk-hint", "b", {}, shop_id=row.id), actor="li", at=AT)
        post.mint(session, "credit", post.Sending("risk-hint", "c", {}, subject_code=OTHER), actor="li", at=AT)
        assert len(panel(session, shop_id=row.id, at=AT).posts) == 2
        assert basis_of_shop(session, row).urls == (URL,)
