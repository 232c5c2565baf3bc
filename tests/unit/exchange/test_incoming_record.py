"""Subjects, penalties, complaints and recalls told by message: beside subject and shop, never over a nearer source."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from exchange import incoming_record
from exchange.connectors.intake import Intake
from exchange.connectors.panel import panel
from exchange.connectors.penalty import client as penalty
from exchange.connectors.registration import client as registration
from exchange.connectors.row import SourceRow
from exchange.effect import Effect
from exchange.envelope import Envelope
from exchange.errors import ScopeError
from exchange.incoming_record import COMPLAINT, PENALTY, RECALL, SUBJECT, take, take_recall
from exchange.outbox import Draft
from exchange.schema_registry import validate
from identity_verify.errors import ExtractRefusedError
from identity_verify.registry_gap import BY_MESSAGES, registry_gap
from identity_verify.subjects import find_by_code
from kernel.clock import iso
from kernel.db import Database
from kernel.models import LinkedRecord, Message, Notice
from tests.servers.exchanging import Line, Node

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE, NAME = "91310115XX0000019T", "上海青禾(测试)商贸有限公司"
FIRM: dict[str, object] = {
    "code": CODE, "name": NAME, "status": "active", "kind": "company", "region": "310115", "address": "测试路1号",
    "legal_representative": "测试甲", "approved_on": "2026-01-05", "former_names": ["上海旧叶(测试)商贸有限公司"],
}  # fmt: skip
FINE: dict[str, object] = {
    "decision_number": "沪市监浦处〔2026〕1号", "subject_code": CODE, "subject_name": NAME, "subject_kind": "company",
    "act": "发布虚假广告", "content": "罚款五千元", "kinds": ["fine"], "fine_fen": 500_000, "authority": "浦东新区局",
    "decided_on": "2026-10-09", "publish_until": "2027-10-09", "shop_url": "HTTPS://S1.example.test",
    "state": "in-force",
}  # fmt: skip
CALL: dict[str, object] = {
    "record_number": "C-1", "kind": "complaint", "category": "110101001", "received_at": "2026-11-24T18:00:00Z",
    "content": "不发货，电话13800000000", "subject_code": CODE, "state": "mediation",
    "complainant": {"name": "测试乙", "phone": "13800000000"},
}  # fmt: skip
TOY: dict[str, object] = {
    "notice_number": "R-1", "producer": "测试玩具厂", "product": "磁力珠", "brand": "测试牌", "models": ["A1", "A2"],
    "defect": "吞咽危险", "published_on": "2026-11-01", "state": "announced",
}  # fmt: skip


def _told(database: Database, kind: str, payload: dict[str, object], **more: Any) -> Effect:
    values = {"type": kind, "op": "UPSERT", "sender": "000000", "receiver": "310000", "biz_key": "k", "biz_version": 1,
              "message_id": f"m-{kind}", "event_time": iso(AT), **more}  # fmt: skip
    validate(kind, "1.0", payload)
    with database.write() as session:
        handler = take_recall if kind == RECALL else take
        return handler(session, cast("Envelope", SimpleNamespace(**values)), payload, AT)


def _records(database: Database) -> list[LinkedRecord]:
    with database.read() as session:
        return list(session.execute(select(LinkedRecord).order_by(LinkedRecord.system)).scalars())


def test_they_stand_beside_the_subject(database: Database) -> None:
    """What the registry says, a penalty, a complaint without its persons; each with the message it came by."""
    for kind, payload in ((SUBJECT, FIRM), (PENALTY, FINE), (COMPLAINT, CALL)):
        assert _told(database, kind, payload) == Effect()
    with database.read() as session:
        subject = find_by_code(session, CODE)
        assert subject is not None
        assert (subject.name, subject.status, subject.address) == (NAME, "active", "测试路1号")
        found = panel(session, subject_id=subject.id, at=AT)
        assert {view.system: view.total for view in found.systems if view.total} == {
            "registration": 1, "penalty": 1, "complaint12315": 1,
        }  # fmt: skip
        assert registry_gap(session, "91310115XX00002460", at=AT) == BY_MESSAGES
    complaint, fine, firm = _records(database)
    assert (fine.state, fine.happened_on, fine.shop_url) == ("published", date(2026, 10, 9), "https://s1.example.test/")
    assert (fine.data["fine_fen"], fine.data["shown_until"], fine.data["from"]) == (500_000, "2027-10-09", "000000")
    assert (fine.message_id, firm.message_id, firm.state) == ("m-PENALTY", "m-SUBJECT", "active")
    assert (complaint.state, complaint.happened_on) == ("mediating", date(2026, 11, 25))
    assert not {"13800000000", "测试乙"} & set(str(complaint.data) + complaint.title)
    assert "13800000000" not in str(complaint.data) + complaint.title


def test_a_change_takes_the_place_and_a_void_takes_back(database: Database) -> None:
    """Of its own sender; another authority's word of the same record is kept as a message alone."""
    for kind, payload in ((SUBJECT, FIRM), (PENALTY, FINE)):
        _told(database, kind, payload)
    assert _told(database, PENALTY, {**FINE, "state": "withdrawn"}, biz_version=2) == Effect()
    assert _told(database, PENALTY, {**FINE, "content": "别的"}, sender="330000") == Effect("kept")
    assert (
        _told(database, SUBJECT, {**FIRM, "status": "deregistered"}, event_time=iso(AT + timedelta(days=1))) == Effect()
    )
    fine, firm = _records(database)
    assert (fine.state, fine.data["content"], firm.state) == ("withdrawn", "罚款五千元", "deregistered")
    assert _told(database, PENALTY, FINE, op="VOID") == Effect()
    assert _told(database, PENALTY, FINE, op="VOID") == Effect("kept")
    assert _told(database, SUBJECT, FIRM, op="VOID") == Effect()
    assert all(record.deleted_at for record in _records(database))
    with database.read() as session:
        subject = find_by_code(session, CODE)
        assert subject is not None
        assert subject.status == "unknown"
    assert _told(database, PENALTY, {**FINE, "decision_number": "none"}, op="VOID") == Effect("kept")
    assert _told(database, PENALTY, FINE, op="QUERY") == Effect("kept")


def _row(key: str, **fields: object) -> SourceRow:
    return SourceRow(key, 1, AT, fields)


def test_the_systems_own_word_stands(database: Database) -> None:
    """What it told before is not touched by a message; what it tells later takes the record over."""
    _told(database, PENALTY, FINE)
    _told(database, SUBJECT, FIRM)
    number = str(FINE["decision_number"])
    own = _row(
        number, PenDecNo=number, PartyType="法人及非法人组织", PartyName=NAME, UniSCID=CODE, IllegActType="虚假广告",
        PenType="罚款", PenContent="罚款六千元", PenAm="6000", PenAuth="浦东新区局", PenDecIssDate="2026-10-09",
        PubFlag="0",
    )  # fmt: skip
    extract = _row(
        "P1", PriPID="P1", EntName=NAME, UniSCID=CODE, EntType="1100", RegState="1", EstDate="2020-01-06",
        DomDistrict="310115",
    )  # fmt: skip
    with database.write() as session:
        assert Intake(penalty.connector(None), "pull", AT).take(session, [own]).tally == {"changed": 1}
        assert Intake(registration.connector(None), "pull", AT).take(session, [extract]).tally == {"new": 1}
    fine, *firms = _records(database)
    assert (fine.version, fine.message_id, fine.data["content"]) == (1, "", "罚款六千元")
    assert sorted((firm.key, firm.deleted_at is None) for firm in firms) == [("P1", True), (f"code:{CODE}", False)]
    assert _told(database, PENALTY, FINE, biz_version=9) == Effect("kept")
    assert _told(database, SUBJECT, FIRM, biz_version=9) == Effect("kept")
    assert _records(database)[0].data["content"] == "罚款六千元"


def test_what_is_not_taken(database: Database) -> None:
    """A platform's or another department's word of a registration, a code that cannot be, a day that is none."""
    for sender in ("PLATFORM-1", "TAX-31"):
        with pytest.raises(ScopeError):
            _told(database, SUBJECT, FIRM, sender=sender)
    with pytest.raises(ExtractRefusedError, match="check-digit"):
        _told(database, SUBJECT, {**FIRM, "code": "91310115XX00000190"})
    (wrong,) = _told(database, PENALTY, {**FINE, "decided_on": "2026-02-31"}).rows
    assert (wrong.field, wrong.rule) == ("/decided_on", "day")
    assert _told(database, PENALTY, {**FINE, "shop_url": "javascript:alert(1)"}) == Effect()
    (fine,) = _records(database)
    assert fine.shop_url == ""


def test_a_recall_is_a_notice_with_a_way_to_the_listings(database: Database) -> None:
    """The version before is done with; a withdrawal says so."""
    assert _told(database, RECALL, TOY) == Effect()
    assert _told(database, RECALL, {**TOY, "state": "withdrawn"}, biz_version=2) == Effect()
    assert _told(database, RECALL, TOY, op="QUERY") == Effect("kept")
    with database.read() as session:
        first, second = session.execute(select(Notice).order_by(Notice.id)).scalars()
    assert (first.owner, first.kind, first.done_at is not None) == ("310000", "recall", True)
    assert first.link.startswith("/search?q=")
    assert (first.detail["models"], first.detail["defect"]) == ("A1, A2", "吞咽危险")
    assert "撤回" in second.title
    assert second.done_at is None


def test_over_the_line(two: tuple[Node, Node, Line]) -> None:
    """Signed, receipted, applied once: a penalty that the national authority tells a bureau."""
    city, national, _ = two
    incoming_record.register_handlers()
    national.post(
        Draft("PENALTY", "1.0", "UPSERT", "p-1", 1, FINE, receiver="310000", classification="public", purpose="通报")
    )
    national.turn()
    national.turn(6)
    assert [row.data["act"] for row in city.rows(LinkedRecord)] == ["发布虚假广告"]
    (sent,) = national.rows(Message, direction="out")
    assert (sent.state, sent.outcome) == ("processed", "applied")
