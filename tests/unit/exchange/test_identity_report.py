"""Live rooms out of platforms' identity reports."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from exchange.envelope import Envelope
from exchange.identity_report import take
from exchange.schema_registry import validate
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from kernel.db import Database
from kernel.models import SubjectLink

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE, NAME = "91310115XX0000019T", "上海青禾(测试)商贸有限公司"
PLATFORM = "拼集市直播（测试）"


def _row(account: str, **more: object) -> dict[str, object]:
    return {
        "kind": "live", "name": NAME, "code": CODE, "shop_name": "青禾直播间", "shop_url": "https://live.example.test/1",
        "address": "测试路1号", "contact": "021-00000001", "live_account": account, **more,
    }  # fmt: skip


def _report(database: Database, *rows: dict[str, object], **more: object) -> list[tuple[str, str]]:
    payload: dict[str, Any] = {"period": "2026-07", "platform_name": PLATFORM, "rows": list(rows), **more}
    validate("IDENTITY_REPORT", "1.0", payload)
    with database.write() as session:
        take(session, cast("Envelope", SimpleNamespace(message_id="m-1")), payload, AT)
    with database.read() as session:
        query = select(SubjectLink).where(SubjectLink.kind == "live-room").order_by(SubjectLink.id)
        return [(link.key.partition(" · ")[0], link.state) for link in session.execute(query).scalars()]


@pytest.fixture(autouse=True)
def known(database: Database) -> None:
    """The registry knows the firm."""
    extract = RegistryExtract(
        code=CODE, registration_number="", name=NAME, former_names=(), kind="company", status="active", region="310115",
        address="", scope="", websites=(), persons=(), established_on=date(2020, 1, 6), approved_on=None, authority="",
        capital_fen=None, source_ref="r", source_at=AT,
    )  # fmt: skip
    with database.write() as session:
        take_extract(session, extract, at=AT)


def test_rooms_become_edges_and_end_with_the_next_report(database: Database) -> None:
    """Also in another writing of the name; the same report again changes nothing."""
    first = (_row("qinghe-1"), _row("qinghe-2", name="上海青禾（测试）商贸有限公司"))
    assert _report(database, *first) == [("qinghe-1", "auto"), ("qinghe-2", "auto")]
    assert _report(database, *first) == [("qinghe-1", "auto"), ("qinghe-2", "auto")]
    assert _report(database, _row("qinghe-2")) == [("qinghe-1", "ended"), ("qinghe-2", "auto")]


def test_another_s_name_waits_for_a_person(database: Database) -> None:
    """The platform may have mixed two up."""
    assert _report(database, _row("qinghe-1", name="上海别家(测试)有限公司")) == [("qinghe-1", "proposed")]


def test_what_ties_to_nobody(database: Database) -> None:
    """Shops that are no rooms, rooms without an account, codes that nobody has."""
    rows = (
        _row("a", kind="registered"), _row("", code=CODE), _row("b", code="92310104XX0000027L"), _row("c", code=""),
    )  # fmt: skip
    assert _report(database, *rows) == []


def test_a_part_of_a_report_ends_nothing(database: Database) -> None:
    """The rest may be in the other parts; another platform's rooms are its own."""
    assert _report(database, _row("qinghe-1")) == [("qinghe-1", "auto")]
    assert _report(database, _row("qinghe-2"), part=1, parts=2) == [("qinghe-1", "auto"), ("qinghe-2", "auto")]
    assert _report(database, _row("x"), platform_name="别的平台")[:2] == [("qinghe-1", "auto"), ("qinghe-2", "auto")]


def test_what_a_person_confirmed_stays(database: Database) -> None:
    """A report that says nothing of it does not undo it."""
    _report(database, _row("qinghe-1"))
    with database.write() as session:
        session.execute(select(SubjectLink).where(SubjectLink.kind == "live-room")).scalar_one().state = "confirmed"
    assert _report(database, _row("qinghe-2")) == [("qinghe-1", "confirmed"), ("qinghe-2", "auto")]
