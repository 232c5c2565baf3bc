"""Standing reports: confirmed leads and decided cases go up with the change; what was sealed later follows."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import report_up, telling
from exchange.matter_content import CASE, LEAD
from exchange.report_up import StandingRule, catch_up, changed, is_behind
from exchange.telling import Address
from kernel.models import Message
from tests.e2e.seeded_market import AT, Seeded
from tests.servers.matters import confirm, decide, open_case, seal

BOTH = StandingRule("310115", ("LEAD", "CASE"))


def _told(session: Session) -> list[tuple[str, str, int]]:
    rows = session.execute(select(Message.type, Message.receiver, Message.biz_version).order_by(Message.id))
    return [(row.type, row.receiver, row.biz_version) for row in rows]


def test_a_confirmed_lead_is_reported_by_the_rule(desk: tuple[Session, Seeded]) -> None:
    """To the superior, once; without the setting, and before it is confirmed, nothing is."""
    session, seeded = desk
    assert changed(session, BOTH, LEAD, seeded.hits[0], at=AT) == ()
    hit = confirm(session, seeded)
    assert changed(session, StandingRule("310115"), LEAD, hit.id, at=AT) == ()
    assert changed(session, StandingRule("000000", ("LEAD",)), LEAD, hit.id, at=AT) == ()
    assert len(changed(session, BOTH, LEAD, hit.id, at=AT)) == 1
    assert changed(session, BOTH, LEAD, hit.id, at=AT) == ()
    assert _told(session) == [("LEAD", "310000", 1)]


def test_a_case_is_reported_once_decided(desk: tuple[Session, Seeded]) -> None:
    """Not before; each step after that is a version."""
    session, seeded = desk
    case = open_case(session, confirm(session, seeded), AT)
    assert changed(session, BOTH, CASE, case.id, at=AT) == ()
    decide(session, case, AT)
    assert len(changed(session, BOTH, CASE, case.id, at=AT)) == 1
    case.state = "served"
    session.flush()
    assert len(changed(session, BOTH, CASE, case.id, at=AT)) == 1
    assert _told(session) == [("CASE", "310000", 1), ("CASE", "310000", 2)]
    assert changed(session, BOTH, CASE, 999, at=AT) == ()


def test_those_told_by_hand_are_told_of_changes_whatever_the_setting(desk: tuple[Session, Seeded]) -> None:
    """A dismissed lead is taken back from whoever has it."""
    session, seeded = desk
    hit = confirm(session, seeded)
    there = Address("330106", telling.COMPETENT, "PROC 11")
    telling.tell(session, LEAD, hit.id, there, reason="在该区经营", actor="supervisor", at=AT)
    hit.state = "dismissed"
    session.flush()
    assert len(changed(session, StandingRule("310115"), LEAD, hit.id, at=AT)) == 1
    assert _told(session)[-1] == ("LEAD", "330106", 2)


def test_evidence_sealed_later_follows(desk: tuple[Session, Seeded]) -> None:
    """Of a lead and of a case, with the new version of each; then nobody is behind."""
    session, seeded = desk
    hit = confirm(session, seeded)
    case = open_case(session, hit, AT)
    up = Address("310000", telling.SUPERIOR, "上报上一级")
    for kind, number in ((LEAD, hit.id), (CASE, case.id)):
        telling.tell(session, kind, number, up, reason="重大", actor="supervisor", at=AT)
    assert not is_behind(session)
    later = AT + timedelta(minutes=5)
    seal(session, seeded.rule_evidence, later)
    seal(session, seeded.foreign_order, later, case.number)
    assert is_behind(session)
    # Lead and case each once more, and two pieces of evidence, of which the lead's goes with both and is told once.
    assert catch_up(session, at=later + timedelta(seconds=1)) == 4
    assert not is_behind(session)
    assert catch_up(session, at=later + timedelta(seconds=9)) == 0
    assert report_up.ACTOR.startswith("system:")
