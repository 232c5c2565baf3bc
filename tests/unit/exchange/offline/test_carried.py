"""What no receipt came back for with its package: noted, sent with the next one, and at last a dead letter."""

from collections.abc import Callable

from exchange.offline.carried import MAX_PACKAGES, mark_packed, note_unanswered
from exchange.outbox import post
from kernel.db import Database
from kernel.models import Delivery, Message
from tests.servers.exchanging import AT, lead


def test_what_is_never_answered_is_a_dead_letter_at_last(new_records: Callable[[str], Database]) -> None:
    """Only what left with that package and is still out counts."""
    with new_records("one").write() as session:
        for number in (1, 2):
            post(session, lead(number), at=AT)
        first, second = session.query(Message).order_by(Message.id)
        rows = [Delivery(message_row=one.id, peer="000000", next_at=AT, error="") for one in (first, second)]
        session.add_all(rows)
        session.flush()
        mark_packed(session, [rows[0].id], "p-1", at=AT)
        session.expire_all()
        assert [one.package for one in rows] == ["p-1", None]
        assert note_unanswered(session, "000000", "p-2") == 0
        assert note_unanswered(session, "000000", "p-1") == 1
        assert (rows[0].state, rows[0].attempts, rows[0].code) == ("waiting", 1, "exchange.receipt")
        assert rows[0].package is None
        for number in range(2, MAX_PACKAGES + 1):
            mark_packed(session, [rows[0].id], f"p-{number}", at=AT)
            session.expire_all()
            assert note_unanswered(session, "000000", f"p-{number}") == 1
        assert (rows[0].state, rows[1].state) == ("dead", "waiting")
