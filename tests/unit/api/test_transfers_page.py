"""Transfers in the console: both ways, with deadlines, answers, appeals, the superior's word, and every station."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from exchange import peers, transfer
from exchange.keys import new_keys
from exchange.outbox import Draft, post
from exchange.peers import PeerCard
from exchange.relay import Relay
from exchange.transport import LocalTransport
from kernel import working_days
from kernel.models import Message, Transfer
from tests.e2e.seeded_market import AT
from tests.servers.exchanging import Line
from tests.unit.api.conftest import Browser, House

SUITE = "ed25519-sha256"
PATH = "/exchange/transfers"


def _turn(house: House) -> None:
    gateway = house.context.exchange
    house.clock.at += timedelta(seconds=10)
    Relay(gateway, {"local": LocalTransport(gateway), "line": Line(down={"000000"})}).turn(at=house.clock.at)


def _row(house: House, matter: str, direction: str) -> Transfer:
    with house.context.database.read() as session:
        query = select(Transfer).where(Transfer.matter == matter, Transfer.direction == direction)
        return session.execute(query).scalar_one()


@pytest.fixture
def busy(house: House) -> House:
    """A matter for a unit of our own, so that both sides are here; help asked of the national authority."""
    transfer.register_handlers()
    card = PeerCard("000000", "总局", "line://", (SUITE,), tuple(new_keys("000000", (SUITE,)).cards(house.clock.at)))
    with house.context.database.write() as session:
        peers.enter(session, card, house.context.exchange.ours, actor="test", at=house.clock.at)
    browser = house.browser("supervisor")
    for kind, matter, to in (("TRANSFER", "lead-7", "310115"), ("ASSIST", "case-9", "000000")):
        given = {"kind": kind, "matter": matter, "to": to, "reason": "实际经营地在该区"}
        assert browser.post(PATH, data=given).status_code == 303
    _turn(house)
    return house


def _page(browser: Browser, path: str) -> LexborHTMLParser:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return LexborHTMLParser(answer.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_list_and_matters_open_in_both_languages(busy: House, language: str) -> None:
    """Every number opens its rows, every message its page; no script or style of its own; tables fold on a phone."""
    browser = busy.browser("supervisor")
    browser.cookies["wangjian_language"] = language
    page = _page(browser, PATH)
    assert len(page.css("table.rows tbody tr")) == 3
    links = {str(node.attributes.get("href")) for node in page.css("main a")}
    for path in sorted(link for link in links if link.startswith("/exchange")):
        inner = _page(browser, path)
        assert not inner.css("style") + inner.css("[style]") + inner.css("script:not([src])")
    for cell in page.css("table.rows tbody td")[1:5]:
        assert cell.attributes.get("data-label"), "each cell says what it is where columns do not fit"
    assert len(_page(browser, f"{PATH}?kind=ASSIST").css("table.rows tbody tr")) == 1
    assert len(_page(browser, f"{PATH}?direction=in").css("table.rows tbody tr")) == 1


def test_the_history_shows_every_station(busy: House) -> None:
    """Who asked whom, when it was signed for, and the rule that holds."""
    row = _row(busy, "case-9", "out")
    text = busy.browser("supervisor").get(f"{PATH}/{row.id}").text
    assert "总局" in text
    assert "实际经营地在该区" in text
    assert "→" in text
    assert "协查" in text
    assert "省级同意" in text


def test_a_silent_peer_and_a_deadline_counted_anew_are_told(busy: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked of the national authority waits, in words; holidays that were entered later moved its deadline."""
    number = _row(busy, "case-9", "out").id
    browser = busy.browser("supervisor")
    assert "连续 1 次没有应答" in browser.get(f"{PATH}/{number}").text
    assert "重算" not in browser.get(f"{PATH}/{number}").text
    year = working_days.Year("an invented notice", "S", frozenset(), frozenset())
    monkeypatch.setattr(working_days, "table", lambda: {2026: year, 2027: year})
    with busy.context.database.write() as session:
        session.get_one(Transfer, number).due_at = AT
        assert transfer.recount(session, actor="system:deadlines", at=busy.clock.at) >= 1
    text = browser.get(f"{PATH}/{number}").text
    assert "放假安排补录后重算于" in text
    assert AT.strftime("%Y-%m-%d") in text


def test_an_objection_an_appeal_and_what_may_not_be_done(busy: House) -> None:
    """The other side objects with a reason; then the common superior is asked, once it came back."""
    browser = busy.browser("supervisor")
    row = _row(busy, "lead-7", "in")
    assert browser.post(f"{PATH}/{row.id}/answer", data={"step": "object", "reason": ""}).status_code == 422
    answer = browser.post(f"{PATH}/{row.id}/answer", data={"step": "object", "reason": "不在本区经营"})
    assert (answer.status_code, _row(busy, "lead-7", "in").state) == (303, "objected")
    _turn(busy)
    out = _row(busy, "lead-7", "out")
    assert out.state == "objected"
    assert f"{PATH}/{out.id}/appeal" in browser.get(f"{PATH}/{out.id}").text
    assert browser.post(f"{PATH}/{out.id}/appeal").status_code == 303
    with busy.context.database.read() as session:
        receivers = session.execute(select(Message.receiver).where(Message.type == "TRANSFER")).scalars().all()
    assert receivers.count("000000") == 1
    assert browser.post(f"{PATH}/{row.id}/answer", data={"step": "accept"}).status_code == 409


def test_the_superior_says_who_takes_it(busy: House) -> None:
    """An appeal that came is listed with both sides; the word goes to both, and the appeal is gone."""
    payload = {"matter": "lead-8", "step": "object", "reason": "双方不一致", "to": "310104"}
    draft = Draft("TRANSFER", "1.0", "UPSERT", "ask:lead-8", 2, payload, receiver="310000")
    with busy.context.database.write() as session:
        post(session, draft, at=busy.clock.at)
    _turn(busy)
    browser = busy.browser("supervisor")
    page = _page(browser, PATH)
    number = page.css("input[name=message]")[0].attributes["value"]
    said = {"message": number, "taker": "110108", "reason": "实际经营地在徐汇"}
    assert browser.post(f"{PATH}/decide", data=said).status_code == 422
    assert browser.post(f"{PATH}/decide", data={**said, "taker": "310104"}).status_code == 303
    assert not _page(browser, PATH).css("input[name=message]")
    with busy.context.database.read() as session:
        query = select(Message.receiver).where(Message.biz_key == "decide:lead-8", Message.direction == "out")
        assert sorted(session.execute(query).scalars()) == ["310000", "310104"]


def test_the_table_of_jurisdiction(busy: House) -> None:
    """An answer with its article; what is not known is asked for; the whole table stands below."""
    browser = busy.browser("supervisor")
    given = "kind=case&subject=merchant&actual=310115&platform=110108&first_at=110108"
    text = browser.get(f"{PATH}/jurisdiction?{given}").text
    assert "110108" in text
    assert "PROC 11" in text
    assert browser.get(f"{PATH}/jurisdiction?kind=case&subject=merchant").status_code == 422
    assert len(_page(browser, f"{PATH}/jurisdiction").css("table.rows tbody tr")) == 19


def test_who_may(busy: House) -> None:
    """Merchants and the public see nothing; nothing is sent without a reason or to a wrong code."""
    browser = busy.browser("supervisor")
    good = {"kind": "TRANSFER", "matter": "lead-10", "to": "310104", "reason": "属地不符"}
    for change in ({"reason": "x"}, {"to": "浦东"}, {"kind": "LEAD"}, {"matter": " "}):
        assert browser.post(PATH, data={**good, **change}).status_code == 422
    assert browser.get(f"{PATH}/999").status_code == 404
    assert browser.post(f"{PATH}/999/answer", data={"step": "accept"}).status_code == 404
