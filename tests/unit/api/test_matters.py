"""Sending leads and cases from their pages, and what others told us: preview, reason, progress, permissions, API."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from exchange import peers
from exchange.keys import new_keys
from exchange.outbox import Draft, post
from exchange.peers import PeerCard
from exchange.relay import Relay
from exchange.transport import LocalTransport
from kernel.models import AuditEntry, Message, Notice, Peer, ToldMatter
from tests.e2e.seeded_market import AT
from tests.servers.exchanging import Line
from tests.servers.matters import CODE, NAME, confirm, open_case, seal, tie
from tests.unit.api.conftest import House

SUITE = "ed25519-sha256"


def _turn(house: House) -> None:
    gateway = house.context.exchange
    house.clock.at += timedelta(seconds=10)
    Relay(gateway, {"local": LocalTransport(gateway), "line": Line(down={"000000"})}).turn(at=house.clock.at)


@pytest.fixture
def busy(house: House) -> House:
    """A confirmed lead with sealed evidence, and a card of the national authority, whose line is down."""
    card = PeerCard("000000", "总局", "line://", (SUITE,), tuple(new_keys("000000", (SUITE,)).cards(house.clock.at)))
    with house.context.database.write() as session:
        peers.enter(session, card, house.context.exchange.ours, actor="test", at=house.clock.at)
        confirm(session, house.seeded)
        seal(session, house.seeded.rule_evidence, AT)
        tie(session, house.seeded.shops[0])
    return house


def _rows(house: House, direction: str) -> list[ToldMatter]:
    with house.context.database.read() as session:
        query = select(ToldMatter).where(ToldMatter.direction == direction).order_by(ToldMatter.id)
        return list(session.execute(query).scalars())


def test_the_preview_says_to_whom_by_which_rule_and_what(busy: House) -> None:
    """The superior first; then the authority of the place, with the article; each field; the evidence's root."""
    browser = busy.browser("supervisor")
    number = busy.seeded.hits[0]
    page = browser.get(f"/hits/{number}/send")
    assert page.status_code == 200
    for words in ("总局", "全网第一", NAME, CODE, busy.seeded.rule_evidence, "完整"):
        assert words in page.text
    place = browser.get(f"/hits/{number}/send?way=competent&subject=merchant&is_set=true&actual=310115").text
    assert "PROC 11" in place
    assert "310115" in place
    unknown = browser.get(f"/hits/{number}/send?way=competent&subject=merchant&is_set=true")
    assert "查明住所地" in unknown.text
    assert 'name="reason"' not in unknown.text
    ours = browser.get(f"/hits/{number}/send?way=competent&subject=merchant&is_set=true&actual=310000").text
    assert "由本机关管辖" in ours
    far = browser.get(f"/hits/{number}/send?way=competent&subject=merchant&is_set=true&actual=330106").text
    assert "死信" not in far, "the national authority hosts it"
    assert _rows(busy, "out") == []


def test_a_lead_is_sent_with_a_reason_and_its_progress_is_shown(busy: House) -> None:
    """A unit of ours gets it: sealed, then processed with receipts; the audit line names reason and way."""
    browser = busy.browser("supervisor")
    path = f"/hits/{busy.seeded.hits[0]}"
    form = {"way": "competent", "subject": "merchant", "is_set": "true", "actual": "310115", "reason": "x"}
    assert browser.post(f"{path}/send", data=form).status_code == 422
    answer = browser.post(f"{path}/send", data={**form, "reason": "实际经营地在浦东"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#told")
    assert "待签发" in browser.get(path).text
    _turn(busy)
    text = browser.get(path).text
    for words in ("对方已处理", "实际经营地在浦东", "310115", "已收存", "PROC 11"):
        assert words in text
    assert "已有相同的版本" in browser.get(f"{path}/send?way=competent&subject=merchant&is_set=true&actual=310115").text
    with busy.context.database.read() as session:
        line = session.execute(select(AuditEntry).where(AuditEntry.action == "matter.told")).scalar_one()
    assert (line.actor, line.detail["way"], line.object_id) == ("supervisor", "competent", str(busy.seeded.hits[0]))


def test_what_arrives_is_in_the_inbox_and_on_the_pages_of_shop_and_subject(busy: House) -> None:
    """The receiving unit's notice leads to the matter, with source, receipts, our shop, subject and evidence."""
    browser = busy.browser("supervisor")
    form = {"way": "competent", "subject": "merchant", "is_set": "true", "actual": "310115", "reason": "在浦东经营"}
    browser.post(f"/hits/{busy.seeded.hits[0]}/send", data=form)
    _turn(busy)
    lead = next(row for row in _rows(busy, "in") if row.kind == "LEAD")
    with busy.context.database.read() as session:
        told = session.execute(select(Notice).where(Notice.kind == "matter")).scalar_one()
    assert (told.owner, told.link) == ("310115", f"/matters/{lead.id}")
    assert "收到线索" in browser.get("/inbox").text
    page = browser.get(f"/matters/{lead.id}").text
    for words in (NAME, "已处理", busy.seeded.rule_evidence, f"/shops/{busy.seeded.shops[0]}", "上海"):
        assert words in page
    for path in ("/matters", f"/shops/{busy.seeded.shops[0]}", f"/subjects/{lead.subject_id}"):
        assert f"/matters/{lead.id}" in browser.get(path).text, path
    assert browser.get("/matters/999").status_code == 404


def test_a_dismissed_lead_is_taken_back_in_the_same_step(busy: House) -> None:
    """Also when several are decided together."""
    browser = busy.browser("supervisor")
    number = busy.seeded.hits[0]
    browser.post(f"/hits/{number}/send", data={"way": "superior", "reason": "重大线索"})
    decision = {"decision": "dismissed", "reason": "核实后不属实"}
    assert (
        browser.post("/hits/decisions", data={**decision, "hit_id": [number, busy.seeded.hits[1]]}).status_code == 303
    )
    assert [row.op for row in _rows(busy, "out") if row.kind == "LEAD"] == ["VOID"]
    assert (
        browser.post(f"/hits/{number}/decision", data={"decision": "confirmed", "reason": "复核属实"}).status_code
        == 303
    )
    assert [row.version for row in _rows(busy, "out") if row.kind == "LEAD"] == [3]
    assert (
        browser.post(f"/hits/{busy.seeded.hits[1]}/send", data={"way": "superior", "reason": "尚未确认的"}).status_code
        == 409
    )


def test_the_standing_rule_reports_with_the_decision(busy: House) -> None:
    """By the page and by the API; nothing without the setting."""
    browser = busy.browser("supervisor")
    decide = {"decision": "confirmed", "reason": "属实"}
    browser.post(f"/hits/{busy.seeded.hits[1]}/decision", data=decide)
    assert _rows(busy, "out") == []
    busy.context.settings = busy.context.settings.model_copy(update={"exchange_report_up": ("LEAD",)})
    answer = browser.post(f"/api/v1/hits/{busy.seeded.hits[2]}/decision", json=decide)
    assert answer.status_code == 200
    (row,) = _rows(busy, "out")
    assert (row.other, row.way, row.actor) == ("000000", "standing", "system:report-up")
    assert "按设置自动上报" in browser.get(f"/hits/{busy.seeded.hits[2]}").text


def test_a_dead_letter_and_a_refusal_are_shown(busy: House) -> None:
    """A lead for whom there is no way is a dead letter with its code, one click from being sent again."""
    browser = busy.browser("supervisor")
    with busy.context.database.write() as session:
        peer = session.query(Peer).one()
        peer.scopes = {"in": [], "out": ["RECALL"], "fields": {}}
    browser.post(f"/hits/{busy.seeded.hits[0]}/send", data={"way": "superior", "reason": "重大线索"})
    _turn(busy)
    text = browser.get(f"/hits/{busy.seeded.hits[0]}").text
    assert "死信" in text
    assert "exchange.scope" in text
    assert "/exchange/dead-letters" in text


def test_a_silent_peer_is_told_in_words(busy: House) -> None:
    """Waiting, since when, how often, why, when next, and that silence makes no dead letter; the API says the same."""
    browser = busy.browser("supervisor")
    path = f"/hits/{busy.seeded.hits[0]}"
    browser.post(f"{path}/send", data={"way": "superior", "reason": "重大线索"})
    assert "还没有签发" in browser.get(path).text
    _turn(busy)
    busy.clock.at += timedelta(minutes=30)
    _turn(busy)
    text = browser.get(path).text
    for words in ("对方没有应答，消息在等待重试", "连续 2 次没有应答", "最近一次失败", "expected an answer of 000000",
                  "下次重试", "不会丢失", "/exchange/dead-letters", AT.strftime("%Y-%m-%d")):  # fmt: skip
        assert words in text, words
    (told,) = browser.get(f"/api/v1{path}/told").json()
    assert (told["wait"]["cause"], told["wait"]["tries"], told["wait"]["code"]) == ("silent", 2, "exchange.peer")
    message = _rows(busy, "out")[0]
    with busy.context.database.read() as session:
        number = session.execute(select(Message.id).where(Message.message_id == message.message_id)).scalar_one()
    assert "连续 2 次没有应答" in browser.get(f"/exchange/messages/{number}").text


def test_who_sends_second_reads_that_it_was_sent(busy: House) -> None:
    """The same again is no redirect to something new: the form says that they have it, from whom and when."""
    path = f"/hits/{busy.seeded.hits[0]}/send"
    form = {"way": "superior", "reason": "重大线索"}
    browser = busy.browser("supervisor")
    assert browser.post(path, data=form).status_code == 303
    again = browser.post(path, data=form)
    assert again.status_code == 200
    assert "已有相同的版本" in again.text
    assert "supervisor" in again.text


def test_fields_beyond_the_scope_are_told_before(busy: House) -> None:
    """They are crossed out in the preview."""
    with busy.context.database.write() as session:
        session.query(Peer).one().scopes = {
            "in": [],
            "out": [],
            "fields": {"LEAD": ["title", "description", "found_at"]},
        }
    text = busy.browser("supervisor").get(f"/hits/{busy.seeded.hits[0]}/send").text
    assert "超出对方范围" in text


def test_sealed_fields_are_opened_with_a_purpose(busy: House) -> None:
    """Not in the page before; once after, for who may see cases, and the audit trail says why."""
    with busy.context.database.write() as session:
        case = open_case(session, confirm(session, busy.seeded), busy.clock.at).id
    browser = busy.browser("investigator")
    form = {"way": "competent", "subject": "merchant", "is_set": "true", "actual": "310115", "reason": "在浦东经营"}
    preview = browser.get(f"/cases/{case}/send").text
    assert "加密传输" in preview
    assert browser.post(f"/cases/{case}/send", data=form).status_code == 303
    _turn(busy)
    row = next(row for row in _rows(busy, "in") if row.kind == "CASE")
    assert busy.browser("supervisor").get(f"/matters/{row.id}").status_code == 404
    assert "测试second" not in browser.get(f"/matters/{row.id}").text
    assert browser.post(f"/matters/{row.id}/sealed", data={"purpose": " "}).status_code == 422
    assert "测试second" in browser.post(f"/matters/{row.id}/sealed", data={"purpose": "联系办案人员"}).text
    with busy.context.database.read() as session:
        line = session.execute(select(AuditEntry).where(AuditEntry.action == "matter.open-sealed")).scalar_one()
    assert line.detail["purpose"] == "联系办案人员"


def test_the_api_previews_sends_and_tells(busy: House) -> None:
    """What the pages do, with the same permissions."""
    browser = busy.browser("supervisor")
    path = f"/api/v1/hits/{busy.seeded.hits[0]}/told"
    body = {"way": "competent", "subject": "merchant", "places": {"actual": "310115"}, "preview": True}
    seen = browser.post(path, json=body).json()
    assert (seen["to"], seen["is_new"], seen["messages"], seen["reachable"]) == ("310115", True, [], True)
    assert len(seen["evidence"][0]["root_sha256"]) == 64
    sent = browser.post(path, json={**body, "preview": False, "reason": "在浦东经营"}).json()
    assert len(sent["messages"]) == 2
    _turn(busy)
    (told,) = browser.get(path).json()
    assert (told["progress"], told["outcome"], told["evidence"]) == ("processed", "applied", 1)
    listed = browser.get("/api/v1/matters?kind=LEAD").json()
    assert (listed["total"], listed["facets"]["kind"]) == (1, {"LEAD": 1})
    detail = browser.get(f"/api/v1/matters/{listed['matters'][0]['id']}").json()
    assert set(detail["receipts"]) == {"STORED", "PROCESSED"}
    assert len(detail["evidence"]) == 1
    assert browser.post(path, json={**body, "preview": False}).status_code == 422


def test_who_may_not(busy: House) -> None:
    """An administrator sees neither leads nor matters; a supervisor no cases; nothing is posted by a refusal."""
    keeper, officer = busy.browser("administrator"), busy.browser("supervisor")
    number = busy.seeded.hits[0]
    for browser, paths in (
        (keeper, ("/matters", f"/hits/{number}/send", "/cases", "/api/v1/matters")),
        (officer, ("/cases", "/cases/1", "/cases/1/send", "/api/v1/cases")),
    ):
        for path in paths:
            assert browser.get(path).status_code == 403, path
    assert keeper.post(f"/hits/{number}/send", data={"reason": "不该发出"}).status_code == 403
    with busy.context.database.read() as session:
        assert session.query(Message).count() == 0


def test_what_a_peer_sends_again_lower_or_voids(busy: House) -> None:
    """A message to ourselves by hand: taken back, and the page says so."""
    payload = {"title": "对方线索", "description": "标价不符", "found_at": "2026-11-25T08:00:00Z"}
    for version, op in ((1, "UPSERT"), (2, "VOID")):
        with busy.context.database.write() as session:
            post(session, Draft("LEAD", "1.0", op, "lead-x", version, payload, receiver="310115"), at=busy.clock.at)
    _turn(busy)
    (row,) = _rows(busy, "in")
    assert "对方已撤回" in busy.browser("supervisor").get(f"/matters/{row.id}").text
