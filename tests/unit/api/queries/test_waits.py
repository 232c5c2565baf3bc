"""What a message of ours waits for."""

from datetime import timedelta

import pytest

from api.queries.waits import wait_of
from exchange.outbox import Draft, post
from kernel.db import Database
from kernel.models import Delivery, Message, Peer
from tests.servers.exchanging import AT

PAYLOAD = {"title": "线索", "description": "标价不符", "found_at": "2026-11-25T08:00:00Z"}
SOON, LATER = AT + timedelta(minutes=2), AT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("peer", "delivery", "expected"),
    [
        ({}, None, ("unsealed", 0, "", None)),
        ({}, {}, ("due", 0, "", SOON)),
        ({"failures": 4, "open_until": LATER, "error_code": "exchange.peer", "error": "no answer"}, {},
         ("silent", 4, "exchange.peer", LATER)),
        ({"failures": 1, "error": "cut short"}, {}, ("silent", 1, "", SOON)),
        ({}, {"attempts": 2, "code": "exchange.scope", "error": "no"}, ("refused", 2, "exchange.scope", SOON)),
        ({"state": "suspended", "failures": 3}, {}, ("suspended", 0, "", None)),
        ({"url": "folder:/srv/box"}, {}, ("carried", 0, "", None)),
        ({"url": "offline:"}, {"package": "p-1"}, ("packed", 0, "", None)),
        ({"url": "folder:/srv/box"}, {"attempts": 2, "code": "exchange.scope", "error": "no"},
         ("refused", 2, "exchange.scope", SOON)),
        ({}, {"state": "stored"}, None),
        ({}, {"state": "dead"}, None),
    ],
)  # fmt: skip
def test_why_it_is_not_there(
    database: Database, peer: dict[str, object], delivery: dict[str, object] | None, expected: object
) -> None:
    """The peer's silence, its refusal, our own suspension; since when, how often, when next."""
    with database.write() as session:
        session.add(Peer(**{"code": "000000", "url": "https://peer.example.test", "added_at": AT, **peer}))
        post(session, Draft("LEAD", "1.0", "UPSERT", "lead-1", 1, PAYLOAD, receiver="000000"), at=AT)
        message = session.query(Message).one()
        row = None
        if delivery is not None:
            message.state = "sealed"
            row = Delivery(**{"message_row": message.id, "peer": "000000", "next_at": SOON, "attempts": 0,
                              "state": "waiting", "code": "", "error": "", **delivery})  # fmt: skip
            session.add(row)
        session.flush()
        wait = wait_of(session, message, row)
        assert wait_of(session, None, None) is None
        message.state = "rejected"
        assert wait_of(session, message, row) is None
    if expected is None:
        assert wait is None
        return
    assert wait is not None
    assert (wait.cause, wait.tries, wait.code, wait.next_at) == expected
    assert (wait.since, wait.peer, wait.counts) == (AT, "000000", wait.cause == "refused")
