"""Telling others of a lead or case: a version for each change, nothing otherwise, and taken back when it falls."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import telling
from exchange.errors import MatterError, RecipientError
from exchange.matter_content import CASE, LEAD
from exchange.telling import Address, follow, tell, told_to
from kernel.models import AuditEntry, Message, RuleHit, ToldMatter
from tests.e2e.seeded_market import AT, Seeded
from tests.servers.matters import confirm, decide, open_case, seal

UP = Address("000000", telling.SUPERIOR, "上报上一级")
WHY = {"reason": "重大线索", "actor": "supervisor", "at": AT}


def _posted(session: Session) -> list[tuple[str, str, int]]:
    rows = session.execute(select(Message.type, Message.op, Message.biz_version).order_by(Message.id))
    return [(row.type, row.op, row.biz_version) for row in rows]


def test_a_lead_is_told_with_its_evidence_once(desk: tuple[Session, Seeded]) -> None:
    """Two messages, one audit line with the reason; the same again posts nothing."""
    session, seeded = desk
    hit = confirm(session, seeded)
    seal(session, seeded.rule_evidence, AT)
    told = tell(session, LEAD, hit.id, UP, **WHY)  # type: ignore[arg-type]
    assert _posted(session) == [("LEAD", "UPSERT", 1), ("EVIDENCE_META", "UPSERT", 1)]
    assert (told.row.other, told.row.version, len(told.messages)) == ("000000", 1, 2)
    assert tell(session, LEAD, hit.id, UP, **WHY).messages == ()  # type: ignore[arg-type]
    assert follow(session, LEAD, hit.id, actor="x", at=AT) == ()
    assert len(_posted(session)) == 2
    line = session.execute(select(AuditEntry).where(AuditEntry.action == "matter.told")).scalar_one()
    assert (line.actor, line.detail["reason"], line.detail["to"]) == ("supervisor", "重大线索", "000000")
    meta = session.execute(select(ToldMatter).where(ToldMatter.kind == "EVIDENCE_META")).scalar_one()
    assert (meta.parent, meta.object_id) == (told.row.key, seeded.rule_evidence)
    found = telling.message_of(session, told.row)
    assert found is not None
    assert found.message_id == told.messages[0]


def test_a_change_is_a_new_version_for_everybody_told(desk: tuple[Session, Seeded]) -> None:
    """Both who know the lead are told of its new evidence; a third who was not told hears nothing."""
    session, seeded = desk
    hit = confirm(session, seeded)
    tell(session, LEAD, hit.id, UP, **WHY)  # type: ignore[arg-type]
    tell(session, LEAD, hit.id, Address("330106", telling.COMPETENT, "PROC 11"), **WHY)  # type: ignore[arg-type]
    seal(session, seeded.rule_evidence, AT)
    assert len(follow(session, LEAD, hit.id, actor="system:test", at=AT)) == 4
    assert [row.version for row in told_to(session, LEAD, str(hit.id))] == [2, 2]
    assert {row.other for row in session.query(ToldMatter)} == {"000000", "330106"}


def test_a_lead_that_falls_is_taken_back_and_may_stand_up_again(desk: tuple[Session, Seeded]) -> None:
    """VOID once, with a number of its own; confirmed anew, those who were told are told again."""
    session, seeded = desk
    hit = confirm(session, seeded)
    tell(session, LEAD, hit.id, UP, **WHY)  # type: ignore[arg-type]
    hit.state = "dismissed"
    session.flush()
    assert len(follow(session, LEAD, hit.id, actor="supervisor", at=AT)) == 1
    assert follow(session, LEAD, hit.id, actor="supervisor", at=AT) == ()
    hit.state = "confirmed"
    session.flush()
    assert len(follow(session, LEAD, hit.id, actor="supervisor", at=AT)) == 1
    assert _posted(session) == [("LEAD", "UPSERT", 1), ("LEAD", "VOID", 2), ("LEAD", "UPSERT", 3)]


def test_a_case_is_told_at_each_step(desk: tuple[Session, Seeded]) -> None:
    """Its officers and an unregistered name are named as sealed."""
    session, seeded = desk
    case = open_case(session, confirm(session, seeded), AT)
    told = tell(session, CASE, case.id, UP, **WHY)  # type: ignore[arg-type]
    assert told.row.sealed == ["/officers/*"]
    decide(session, case, AT)
    assert len(follow(session, CASE, case.id, actor="system:test", at=AT)) == 1
    assert told_to(session, CASE, str(case.id))[0].state == "decided"


def test_what_cannot_be_told(desk: tuple[Session, Seeded]) -> None:
    """A lead nobody confirmed, none at all, another kind, an address that is none; nothing is left behind."""
    session, seeded = desk
    for kind, number in ((LEAD, seeded.hits[1]), (LEAD, 999), ("PENALTY", 1)):
        with pytest.raises(MatterError):
            tell(session, kind, number, UP, **WHY)  # type: ignore[arg-type]
    hit = session.get_one(RuleHit, confirm(session, seeded).id)
    with pytest.raises(RecipientError), session.begin_nested():
        tell(session, LEAD, hit.id, Address("浦东", telling.COMPETENT, ""), **WHY)  # type: ignore[arg-type]
    assert _posted(session) == []
    assert follow(session, LEAD, hit.id, actor="x", at=AT) == ()
