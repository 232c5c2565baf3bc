"""The console of the exchange: every number opens its rows, dead letters go again, and the audit trail says who."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from exchange import effect, peers
from exchange.keys import new_keys
from exchange.outbox import Draft, post
from exchange.peers import PeerCard
from exchange.relay import Relay
from exchange.transport import LocalTransport
from kernel.models import AuditEntry, Message, Peer
from tests.servers.exchanging import Line, lead
from tests.unit.api.conftest import Browser, House

SUITE = "ed25519-sha256"
PAGES = ("/exchange", "/exchange/messages", "/exchange/receipts", "/exchange/dead-letters", "/exchange/messages/1")


def _turn(house: House, line: Line | None = None) -> None:
    gateway = house.context.exchange
    house.clock.at += timedelta(seconds=10)
    Relay(gateway, {"local": LocalTransport(gateway), "line": line or Line()}).turn(at=house.clock.at)


def _post(house: House, *drafts: Draft) -> None:
    with house.context.database.write() as session:
        for draft in drafts:
            post(session, draft, at=house.clock.at)


@pytest.fixture
def busy(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A message that arrived, one whose effect failed, one that a peer does not take, one without a way."""
    monkeypatch.setattr(effect, "_HANDLERS", {})
    card = PeerCard("000000", "总局", "line://", (SUITE,), tuple(new_keys("000000", (SUITE,)).cards(house.clock.at)))
    with house.context.database.write() as session:
        peers.enter(session, card, house.context.exchange.ours, actor="test", at=house.clock.at)
    _post(house, lead(1, receiver="310115", personal_fields=("/description",)))
    _turn(house)

    def broken(*_: object) -> effect.Effect:
        raise ZeroDivisionError

    effect.register("LEAD", broken)
    _post(house, lead(2, receiver="310104"), lead(3, receiver="000000"))
    _turn(house, Line(down={"000000"}))
    return house


def _page(browser: Browser, path: str) -> LexborHTMLParser:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return LexborHTMLParser(answer.text)


def test_a_silent_peer_is_told_in_words_on_the_first_page(busy: House) -> None:
    """What is wrong, the words of the call itself with its code, and when it is tried next."""
    text = busy.browser("supervisor").get("/exchange").text
    for words in ("无应答，稍后再试", "对方没有应答", "expected an answer of 000000", "exchange.peer", "下次重试"):
        assert words in text, words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_and_every_number_leads_to_its_rows(busy: House, language: str) -> None:
    """Within the site, without script or style of its own."""
    browser = busy.browser("supervisor")
    browser.cookies["wangjian_language"] = language
    seen: set[str] = set()
    for path in PAGES:
        page = _page(browser, path)
        assert not page.css("style") + page.css("[style]") + page.css("script:not([src])")
        seen |= {str(node.attributes.get("href")) for node in page.css("main a")}
    for path in sorted(link for link in seen if link.startswith("/exchange")):
        _page(browser, path)
    assert any("state=held" in path for path in seen)


def test_sealed_fields_stay_sealed(busy: House) -> None:
    """On the page of either side."""
    for row in (1, 2):
        text = busy.browser("investigator").get(f"/exchange/messages/{row}").text
        assert "标价与结算价不一致" not in text
        assert "$sealed" in text


def test_filters_narrow_the_list(busy: House) -> None:
    """By direction, state, type, peer, key."""
    browser = busy.browser("supervisor")
    for query, count in (
        ("direction=in", 2), ("state=failed", 1), ("type=RECALL", 0), ("peer=000000", 1), ("key=lead-2", 2),
        ("stream=1", 1),
    ):  # fmt: skip
        page = _page(browser, f"/exchange/messages?{query}")
        assert len(page.css("tbody tr[data-row]")) == count, query
    assert len(_page(browser, "/exchange/receipts?kind=PROCESSED&direction=taken").css("tbody tr")) == 1


def _row(house: House, **wanted: str) -> int:
    with house.context.database.read() as session:
        return int(session.query(Message.id).filter_by(**wanted).scalar())


def test_a_failed_effect_is_tried_again_or_set_aside(busy: House) -> None:
    """By a person, with a reason that the sender reads."""
    browser, row = busy.browser("supervisor"), _row(busy, state="failed")
    assert browser.post(f"/exchange/messages/{row}/try").status_code == 303
    assert _row(busy, state="failed") == row
    assert browser.post(f"/exchange/messages/{row}/set-aside", data={"reason": " "}).status_code == 422
    assert browser.post(f"/exchange/messages/{row}/set-aside", data={"reason": "无法处理"}).status_code == 303
    with busy.context.database.read() as session:
        assert session.get_one(Message, row).state == "rejected"
        actions = set(session.execute(select(AuditEntry.action).where(AuditEntry.object_type == "message")).scalars())
    assert {"exchange.effect-tried", "exchange.set-aside"} <= actions


def test_a_dead_letter_is_sent_again(busy: House) -> None:
    """One that is none is refused."""
    with busy.context.database.write() as session:
        session.execute(select(Peer)).scalar_one().state = "suspended"
    _post(busy, lead(9, receiver="000000"))
    _turn(busy)
    row = _row(busy, state="dead")
    browser = busy.browser("supervisor")
    assert browser.post(f"/exchange/messages/{row}/redrive").status_code == 303
    assert _row(busy, state="posted") == row
    assert browser.post("/exchange/messages/1/redrive").status_code == 409
    assert browser.post("/exchange/messages/1/show-again").status_code == 409


def test_a_message_is_shown_again_as_a_dry_run(busy: House) -> None:
    """And the page of the new one is opened."""
    row = _row(busy, direction="out", biz_key="lead-2")
    answer = busy.browser("supervisor").post(f"/exchange/messages/{row}/show-again")
    assert answer.status_code == 303
    assert "演练" in busy.browser("supervisor").get(answer.headers["location"]).text


def test_who_may_not_see_it_sees_nothing(busy: House) -> None:
    """Administrators keep the house; strangers sign in."""
    for path in PAGES:
        assert busy.browser("administrator").get(path).status_code == 403
        assert busy.browser().get(path).status_code == 303
    assert busy.browser("administrator").post("/exchange/messages/1/redrive").status_code == 403
    assert busy.browser("supervisor").get("/exchange/messages/999").status_code == 404
