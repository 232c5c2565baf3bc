"""The night: stored rows, sources against each other, messages that came; once a day and once a message."""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality import standing
from exchange.quality.desk import OPEN
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
        _message(session, 3, "CASE", {})
    assert standing.read_messages(database, at=AT) == 2
    assert standing.read_messages(database, at=AT) == 0
    report = _open(database, "identity_report")
    assert {rule for rule, _ in report} == {"DQ-IDR-03", "DQ-IDR-06", "DQ-IDR-09"}
    assert {one.owner_unit for one in report.values()} == {"310104"}
    ((_, lead),) = _open(database, "lead").items()
    assert (lead.rule_id, lead.row_key, lead.owner_unit) == ("DQ-LEA-02", "k2", "310115")
