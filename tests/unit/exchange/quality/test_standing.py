"""The night: stored rows, sources against each other, messages that came; once a day and once a message."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality import standing
from exchange.quality.desk import OPEN
from exchange.quality.rule_set import rule_set
from kernel.db import Database
from kernel.models import (
    AuditEntry,
    LinkedRecord,
    Message,
    QualityFinding,
    QualityRun,
    Subject,
    SubjectClaim,
    SubjectName,
)

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)
CODE = "91310115XX0000019T"


def _subject(session: Session, name: str = "上海青禾（测试）有限公司") -> Subject:
    row = Subject(code=CODE, name=name, kind="company", status="active", region="310115", updated_at=AT)
    session.add(row)
    session.flush()
    session.add(SubjectName(subject_id=row.id, name=name, key=name, kind="current", since=AT))
    for field, said in (
        (
            "name",
            {"registry": name, "platform-report": "上海青禾(测试)有限公司", "shop-page": "上海别家（测试）有限公司"},
        ),
        ("persons", {"registry": [["a", "甲某"]], "merchant": [["a", "乙某"]]}),
        ("status", {"registry": "active"}),
        ("nosuch", {"registry": 1, "merchant": 2}),
        ("phone", {"registry": 1, "credit": 2}),
    ):
        for source, value in said.items():
            claim = SubjectClaim(subject_id=row.id, field=field, value=value, digest="d", source=source, source_at=AT,
                                 confirmed_at=AT, seen_at=AT)  # fmt: skip
            session.add(claim)
    return row


def _record(session: Session, key: str, name: str, code: str = CODE) -> None:
    session.add(
        LinkedRecord(
            system="penalty", key=key, version=1, subject_code=code, subject_name=name, title="t", state="published",
            happened_on=AT.date(), source_at=AT, fetched_at=AT,
        )
    )  # fmt: skip


def _message(session: Session, number: int, kind: str, payload: dict[str, object]) -> None:
    session.add(
        Message(
            direction="in", message_id=str(number), type=kind, version="1.0", op="UPSERT", sender="310104",
            receiver="310000", biz_key=f"k{number}", biz_version=1, classification="internal", state="processed",
            at=AT, event_at=AT, envelope=json.dumps({"payload": payload}),
        )
    )  # fmt: skip


def _open(database: Database, data_set: str) -> dict[tuple[str, str], QualityFinding]:
    with database.read() as session:
        rows = session.execute(select(QualityFinding).where(QualityFinding.data_set == data_set)).scalars()
        return {(row.rule_id, row.row_key): row for row in rows if row.state == OPEN}


def test_sources_that_disagree(database: Database) -> None:
    """The registry has the word; another way of writing is no disagreement; persons are not repeated."""
    with database.write() as session:
        subject = _subject(session)
        _record(session, "p1", "上海青禾(测试)有限公司")
        _record(session, "p2", "上海旧名（测试）有限公司")
        number = subject.id
    standing.look(database, "sources", at=AT)
    found = _open(database, "sources")
    assert {key for _, key in found} == {
        f"subject:{number}:name:shop-page",
        f"subject:{number}:persons:merchant",
        "penalty:p2:name",
    }
    said = {key: row.got for (_, key), row in found.items()}
    assert "上海别家" in said[f"subject:{number}:name:shop-page"]
    assert "registry" in said["penalty:p2:name"]
    assert "乙某" not in str(said)


def test_the_night_comes_once_a_day(database: Database) -> None:
    """Every stored data set is looked at; what came right in between is closed."""
    with database.write() as session:
        _subject(session).code = "91310115XX0000018T"
        _record(session, "p1", "", code="x")
    assert set(standing.night(database, at=AT)) == {"subject", "linked_record", "sources"}
    assert standing.night(database, at=AT + timedelta(hours=1)) == ()
    assert {rule for rule, _ in _open(database, "subject")} == {"DQ-SUB-01"}
    assert {rule for rule, _ in _open(database, "linked_record")} == {"DQ-LNK-01", "DQ-LNK-02"}
    with database.write() as session:
        session.execute(select(Subject)).scalar_one().code = CODE
    assert "subject" in standing.night(database, at=AT + DAY)
    assert _open(database, "subject") == {}
    with database.read() as session:
        runs = session.execute(select(QualityRun).where(QualityRun.data_set == "subject")).scalars().all()
        assert [(run.rows, run.opened, run.fixed) for run in runs] == [(1, 1, 0), (1, 0, 1)]
        assert "quality.night" in session.execute(select(AuditEntry.action)).scalars().all()


def test_messages_are_read_once(database: Database) -> None:
    """Rows of a report, and a lead as one row; whoever sent them answers where the row names no place."""
    row = {
        "kind": "registered",
        "shop_url": "https://a.example.test/",
        "shop_name": "甲",
        "name": "乙",
        "address": "丙",
    }
    with database.write() as session:
        _message(session, 1, "IDENTITY_REPORT", {"rows": [row | {"code": CODE, "contact": {"$sealed": "x"}}, row]})
        _message(
            session,
            2,
            "LEAD",
            {"title": "t", "description": "短", "region": "310115", "shop_url": "https://a.example.test/"},
        )
        _message(session, 3, "TRANSFER", {})
    assert standing.read_messages(database, at=AT) == 2
    assert standing.read_messages(database, at=AT) == 0
    report = _open(database, "identity_report")
    assert {rule for rule, _ in report} == {"DQ-IDR-03", "DQ-IDR-06", "DQ-IDR-09"}
    assert {one.owner_unit for one in report.values()} == {"310104"}
    ((_, lead),) = _open(database, "lead").items()
    assert (lead.rule_id, lead.row_key, lead.owner_unit) == ("DQ-LEA-02", "k2", "310115")


GOOD_CASE = {
    "case_number": "沪市监浦案〔2026〕1号",
    "title": "某店虚构原价案",
    "state": "filed",
    "filed_on": "2026-11-02",
    "due_on": "2027-01-31",
    "subject_code": CODE,
    "subject_name": "上海甲(测试)有限公司",
    "cause": "虚构原价",
    "laws": ["价格法 14"],
    "officers": ["甲", "乙"],
    "evidence_ids": ["E1"],
}
GOOD_PENALTY = {
    "decision_number": "沪市监浦处〔2026〕152026000001号",
    "subject_name": "上海甲(测试)有限公司",
    "subject_code": CODE,
    "subject_kind": "company",
    "act": "虚构原价",
    "facts": "标示原价从未成交",
    "basis": "价格法 14",
    "content": "罚款",
    "kinds": ["fine"],
    "fine_fen": 100000,
    "authority": "浦东分局(测试)",
    "authority_code": CODE,
    "decided_on": "2026-11-02",
    "publish_until": "2027-02-02",
}
GOOD_COMPLAINT = {
    "record_number": "C1",
    "kind": "complaint",
    "category": "110101103",
    "received_at": "2026-11-02T08:00:00Z",
    "content": "所购商品与页面宣传不符，要求退货退款",
    "subject_name": "上海甲(测试)有限公司",
    "subject_code": CODE,
    "shop_url": "https://a.example.test/",
    "state": "received",
    "amount_fen": 9900,
    "complainant": {"name": {"$sealed": "x"}},
}
GOOD_EVIDENCE = {
    "evidence_id": "E1",
    "package_sha256": "0" * 64,
    "package_sm3": "0" * 64,
    "size": 9,
    "url": "https://a.example.test/",
    "captured_at": "2026-11-02T08:00:00Z",
    "sealed_at": "2026-11-02T08:05:00Z",
    "root_sha256": "0" * 64,
    "log_index": 3,
    "completeness": "complete",
    "timestamps": [{"service": "a"}, {"service": "b"}],
}
GOOD_RECALL = {
    "notice_number": "R1",
    "producer": "上海甲(测试)有限公司",
    "producer_code": CODE,
    "product": "测试商品",
    "brand": "测试",
    "models": ["M1"],
    "batches": ["B1"],
    "defect": "电源线过热",
    "measure": "停止销售并召回",
    "published_on": "2026-11-02",
    "count": 20,
}


@pytest.mark.parametrize(
    ("kind", "data_set", "good", "spoiled"),
    [
        (
            "CASE",
            "case_message",
            GOOD_CASE,
            {
                "subject_code": ("91310115XX0000018T", 3),
                "filed_on": ("2026-13-01", 5),
                "due_on": ("2027-09-01", 6),
                "laws": ([], 8),
                "officers": (["甲"], 9),
                "evidence_ids": ([], 10),
                "cause": ("", 11),
                "subject_name": ("", 4),
            },
        ),
        (
            "PENALTY",
            "penalty_message",
            GOOD_PENALTY,
            {
                "decision_number": ("152号", 2),
                "subject_code": ("", 4),
                "facts": ("", 6),
                "basis": ("", 7),
                "kinds": ([], 8),
                "publish_until": ("2031-01-01", 10),
                "authority_code": ("91310115XX0000018T", 11),
                "fine_fen": (10**15, 13),
            },
        ),
        (
            "COMPLAINT",
            "complaint_message",
            GOOD_COMPLAINT,
            {
                "category": ("1101", 2),
                "received_at": ("2027-01-01T00:00:00Z", 3),
                "content": ("退货", 4),
                "subject_name": ("", 5),
                "shop_url": ("a.example.test", 7),
                "state": ("", 8),
                "complainant": (None, 10),
            },
        ),
        (
            "EVIDENCE_META",
            "evidence_meta",
            GOOD_EVIDENCE,
            {
                "package_sm3": ("", 2),
                "sealed_at": ("2026-11-09T08:05:00Z", 5),
                "timestamps": ([{"service": "a"}], 6),
                "root_sha256": ("", 7),
                "log_index": (None, 8),
                "url": ("ftp://a.example.test/", 9),
                "completeness": ("", 10),
                "size": (0, 11),
            },
        ),
        (
            "RECALL",
            "recall_message",
            GOOD_RECALL,
            {
                "notice_number": (" R1", 1),
                "producer_code": ("91310115XX0000018T", 2),
                "brand": ("", 4),
                "models": ([], 5),
                "batches": ([], 6),
                "defect": ("", 7),
                "measure": ("", 8),
                "published_on": ("2026-11-31", 9),
                "count": (0, 10),
            },
        ),
    ],
)
def test_every_type_of_message_has_rules_that_find_what_is_planted(
    database: Database, kind: str, data_set: str, good: dict[str, object], spoiled: dict[str, tuple[object, int]]
) -> None:
    """A good one has no finding; each planted fault is found by its own rule, and nothing else is."""
    with database.write() as session:
        _message(session, 1, kind, good)
        for number, (field, (value, _)) in enumerate(spoiled.items(), start=2):
            key = {"evidence_id": f"E{number}"} if kind == "EVIDENCE_META" else {}
            _message(session, number, kind, {**good, **key, field: value})
    standing.read_messages(database, at=AT)
    found = _open(database, data_set)
    prefix = next(iter(rule_set(data_set).rules)).id.rpartition("-")[0]
    assert {rule for rule, _ in found} == {f"{prefix}-{number:02d}" for _, number in spoiled.values()}
    assert len(found) == len(spoiled)
