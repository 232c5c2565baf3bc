"""The door over HTTP: peers are answered, strangers are refused and change nothing."""

from exchange import peers
from exchange.call import make_call, read_answer
from exchange.keys import new_keys
from exchange.peers import PeerCard, read_card
from exchange.transport import PATH
from kernel.models import Message
from tests.unit.api.conftest import House

SUITE = "ed25519-sha256"
THEIRS = new_keys("000000", (SUITE,))
JSON = {"content-type": "application/json"}


def _enter(house: House) -> None:
    card = PeerCard("000000", "", "", (SUITE,), tuple(THEIRS.cards(house.clock.at)))
    with house.context.database.write() as session:
        peers.enter(session, card, house.context.exchange.ours, actor="test", at=house.clock.at)


def test_a_peer_is_answered_and_a_stranger_is_not(house: House) -> None:
    """By signature alone: there is no sign-in and no cookie at this door."""
    browser = house.browser()
    browser.origin = ""
    nonce, body = make_call(THEIRS, SUITE, "310000", "receipts", at=house.clock.at)
    refused = browser.post(PATH, content=body, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "exchange.peer")
    _enter(house)
    answer = browser.post(PATH, content=body, headers=JSON)
    assert answer.status_code == 200
    book = {"310000": house.context.exchange.book()["310000"]}
    assert read_answer(answer.content, "310000", nonce, book, house.clock.at)["sheets"] == []


def test_what_is_no_call_is_refused(house: House) -> None:
    """As a problem with a code."""
    _enter(house)
    browser = house.browser()
    browser.origin = ""
    for body, code in ((b"", 422), (b"[]", 422), (b'{"call":{}}', 422), (b" " * 11_500_000, 413)):
        assert browser.post(PATH, content=body, headers=JSON).status_code == code
    with house.context.database.read() as session:
        assert session.query(Message).count() == 0


def test_the_card_is_there_for_anybody(house: House) -> None:
    """Public keys are public; they are compared before they are believed."""
    value = house.browser().get("/api/v1/exchange/card").json()
    assert read_card(value).code == "310000"
    assert "PRIVATE" not in str(value)
