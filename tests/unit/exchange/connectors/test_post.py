from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exchange.connectors import post
from exchange.connectors.errors import SourceUnavailableError, WriteBackError
from exchange.connectors.roster import MAKERS
from kernel.models import AuditEntry, LinkedPost
from simulators.linked.faults import Faults
from tests.unit.exchange.connectors.conftest import Linked

SENDING = post.Sending("web-presence", "shop:1", {"UniSCID": "x"}, subject_code="x", shop_id=1)


def mint(linked: Linked, sending: post.Sending = SENDING) -> str:
    """Write something down that is to be sent."""
    with linked.database.write() as session:
        return post.mint(session, "registration", sending, actor="li", at=linked.clock())


def deliver(linked: Linked, **source: str) -> int:
    """One turn of delivery."""
    return post.deliver(linked.database, "registration", linked.source("registration", **source), clock=linked.clock)


def row(linked: Linked) -> LinkedPost:
    """The only one."""
    with linked.database.read() as session:
        return session.execute(select(LinkedPost)).scalar_one()


def test_the_same_cause_is_sent_once(linked: Linked) -> None:
    """One id, one audit line, one thing over there, and its receipt here."""
    assert mint(linked) == mint(linked)
    linked.clock.pass_by(seconds=2)
    assert deliver(linked) == 1
    assert deliver(linked) == 0
    found = row(linked)
    assert (found.state, found.lag_ms, found.receipt["state"]) == ("sent", 2000, "stored")
    assert list(linked.server.books["registration"].posts) == [found.id]
    with linked.database.read() as session:
        assert session.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == 1


def test_a_lost_receipt_is_asked_for_again(linked: Linked) -> None:
    """Errors after the work are told by the duplicate's receipt, and nothing is stored twice."""
    linked.server.set_faults(Faults(error=0.6, seed=3))
    for number in range(20):
        mint(linked, post.Sending("web-presence", f"shop:{number}", {"n": number}))
    for _ in range(40):
        deliver(linked)
        linked.clock.pass_by(minutes=5)
    with linked.database.read() as session:
        states = set(session.execute(select(LinkedPost.state)).scalars())
        receipts = {str(one["state"]) for one in session.execute(select(LinkedPost.receipt)).scalars()}
    assert states == {"sent"}
    assert receipts == {"stored", "duplicate"}
    assert len(linked.server.books["registration"].posts) == 20


def test_waits_grow_and_end(linked: Linked) -> None:
    """A system that is down is tried less and less; an officer may send again under the same id."""
    mint(linked)
    linked.server.set_faults(Faults(error=1.0))
    for _ in range(post.TRIES):
        deliver(linked)
        assert deliver(linked) == 0
        linked.clock.pass_by(hours=1)
    found = row(linked)
    assert (found.state, found.tries, found.error_code) == ("dead", post.TRIES, SourceUnavailableError.code)
    linked.server.set_faults(Faults())
    with linked.database.write() as session:
        again = session.execute(select(LinkedPost)).scalar_one()
        post.send_again(session, again, actor="li", at=linked.clock())
        post.send_again(session, again, actor="li", at=linked.clock())
    assert deliver(linked) == 1
    assert list(linked.server.books["registration"].posts) == [found.id]


def test_a_refusal_is_final(linked: Linked) -> None:
    """It is shown to an officer and not repeated."""
    mint(linked)
    deliver(linked, token="wrong")
    linked.clock.pass_by(hours=1)
    assert deliver(linked) == 0
    assert row(linked).state == "refused"


def test_waits_start_short(linked: Linked) -> None:
    """The first new try comes after a second."""
    mint(linked)
    linked.server.set_faults(Faults(error=1.0))
    deliver(linked)
    assert row(linked).next_at == linked.clock() + timedelta(seconds=1)


@pytest.mark.parametrize("system", sorted(MAKERS))
def test_what_lacks_something_is_not_sent(linked: Linked, system: str) -> None:
    """Each system says what it needs."""
    with linked.database.write() as session, pytest.raises(WriteBackError):
        linked.connector(system).write_back(session, {"cause": "hit:1"}, actor="li", at=linked.clock())
