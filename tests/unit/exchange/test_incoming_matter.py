"""What others tell us of leads, cases and evidence: kept, tied to what we know, told to the unit, taken back."""

from datetime import timedelta

from exchange import incoming_matter, telling
from exchange.incoming_matter import evidence_named
from exchange.matter_content import CASE, LEAD
from exchange.outbox import Draft
from exchange.telling import Address, follow, tell
from kernel.models import Message, Notice, Receipt, RuleHit, Shop, ToldMatter
from tests.e2e.seeded_market import AT, Seeded, seed
from tests.servers.exchanging import Node, lead
from tests.servers.matters import confirm, decide, open_case, seal, tie
from tests.unit.exchange.conftest import Pair

UP = Address("000000", telling.SUPERIOR, "上报上一级")


def _begin(node: Node) -> Seeded:
    incoming_matter.register_handlers()
    with node.database.write() as session:
        return seed(session, listings_a_shop=3)


def _tell(node: Node, kind: str, number: int) -> None:
    with node.database.write() as session:
        tell(session, kind, number, UP, reason="重大线索", actor="supervisor", at=node.at)


def test_a_lead_lands_in_the_inbox_with_source_and_ties(two: Pair) -> None:
    """Tied to the shop of the same address and the subject of the same code; receipts on both sides."""
    city, national, _ = two
    seeded = _begin(city)
    with city.database.write() as session:
        number = confirm(session, seeded).id
        subject = tie(session, seeded.shops[0])
        code = subject.code
        seal(session, seeded.rule_evidence, AT)
    with national.database.write() as session:
        there = seed(session, listings_a_shop=3)
        twin = tie(session, there.shops[1], code).id
    _tell(city, LEAD, number)
    city.turn()
    row, meta = (national.rows(ToldMatter, kind=kind)[0] for kind in (LEAD, "EVIDENCE_META"))
    assert (row.direction, row.other, row.unit, row.version) == ("in", "310000", "000000", 1)
    assert (row.shop_id, row.subject_id) == (there.shops[0], twin)
    assert row.content["rule_id"] == "AD01"
    with national.database.read() as session:
        assert [one.id for one in evidence_named(session, row)] == [meta.id]
    assert len(meta.content["root_sha256"]) == 64
    (told,) = national.rows(Notice)
    assert (told.owner, told.kind, told.link) == ("000000", "matter", f"/matters/{row.id}")
    assert "上海" in told.title or "310000" in told.title
    assert {one.kind for one in city.rows(Receipt, direction="taken", message_id=row.message_id)} == {
        "STORED",
        "PROCESSED",
    }
    assert {one.state for one in city.rows(Message, direction="out")} == {"processed"}


def test_a_new_version_takes_the_place_and_ends_the_older_notice(two: Pair) -> None:
    """One row; the notice of the version before is settled; a lead that falls says so."""
    city, national, _ = two
    seeded = _begin(city)
    with city.database.write() as session:
        number = confirm(session, seeded).id
    _tell(city, LEAD, number)
    city.turn()
    with city.database.write() as session:
        session.get_one(RuleHit, number).state = "dismissed"
        session.flush()
        follow(session, LEAD, number, actor="supervisor", at=city.at)
    city.turn(1)
    (row,) = national.rows(ToldMatter)
    assert (row.version, row.op, row.state) == (2, "VOID", "void")
    first, second = national.rows(Notice)
    assert first.done_at is not None
    assert second.done_at is None
    assert "撤回" in second.title


def test_sealed_fields_are_not_kept_in_plain(two: Pair) -> None:
    """Officers of a case stay in the message; the row names what is sealed."""
    city, national, _ = two
    seeded = _begin(city)
    with city.database.write() as session:
        case = open_case(session, confirm(session, seeded), AT)
        decide(session, case, city.at)
        number = case.id
    _tell(city, CASE, number)
    city.turn()
    (row,) = national.rows(ToldMatter)
    assert row.sealed == ["officers"]
    assert "officers" not in row.content
    assert (row.state, row.content["decision"]) == ("decided", "罚款人民币五千元")
    (message,) = national.rows(Message, direction="in")
    assert "测试investigator" not in message.envelope


def test_addresses_and_codes_that_lead_nowhere_tie_nothing(two: Pair) -> None:
    """A broken address, an unknown shop; a question changes nothing."""
    city, national, _ = two
    incoming_matter.register_handlers()
    asked = {"title": "问", "description": "状态", "found_at": "2026-11-25T08:00:00Z"}
    city.post(
        lead(1, payload={"shop_url": "not an address"}),
        lead(2, payload={"shop_url": "https://unknown.example.test/"}),
        Draft("LEAD", "1.0", "QUERY", "lead-9", 1, asked, receiver="000000"),
    )
    city.turn()
    rows = national.rows(ToldMatter)
    assert [(row.key, row.shop_id, row.subject_id) for row in rows] == [("lead-1", None, None), ("lead-2", None, None)]
    assert national.rows(Shop) == []
    assert {row.outcome for row in national.rows(Message, direction="in")} == {"applied", "kept"}
    assert all(row.at - AT < timedelta(days=10) for row in rows)
