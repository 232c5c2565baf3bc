"""Streams between two whole installations: compared, mended, signed by both with the keys of the exchange."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from exchange import peers
from exchange.errors import ExchangeError
from exchange.reconcile import correspondence, streams
from exchange.reconcile.run import begin, work
from kernel.models import Delivery, Hop, Message, Notice, Receipt, Reconciliation, Stream
from kernel.models import Difference as DifferenceRow
from tests.servers.exchanging import AT, Line, Node, lead, pair

DATA_SET = "stream/310000/lead"
Pair = tuple[Node, Node, Line]


@pytest.fixture
def sent(two: Pair) -> Pair:
    """Forty leads that arrived."""
    city, national, line = two
    correspondence.attend()
    city.post(*(lead(number) for number in range(40)))
    city.turn()
    return city, national, line


def _compare(city: Node, national: Node, day: str = "2026-11-25") -> str:
    at = AT + timedelta(days=1)
    desk = correspondence.open_desk(city.gateway, at=city.at)
    run = begin(city.database, desk, "000000", DATA_SET, day=day, before=at, at=city.at)
    for _ in range(12):
        moved = 0
        for node in (city, national):
            moved += node.turn(1)
            moved += work(node.database, correspondence.open_desk(node.gateway, at=node.at), at=node.at)
        if not moved:
            break
    return run


def _row(node: Node, run: str) -> Reconciliation:
    with node.database.read() as session:
        return session.get_one(Reconciliation, run)


def _lose(node: Node, *numbers: int) -> None:
    with node.database.write() as session:
        rows = (
            select(Message.id)
            .join(Stream, Stream.id == Message.stream_id)
            .where(Stream.name == "lead", Message.seq.in_(numbers))
        )
        session.execute(delete(Delivery).where(Delivery.message_row.in_(rows)))
        session.execute(delete(Message).where(Message.id.in_(rows)))


def test_sides_that_agree_sign_with_their_keys(sent: Pair) -> None:
    """Both reports are the same, and a third one can check both signatures with the peers' cards."""
    city, national, _ = sent
    run = _compare(city, national)
    ours, theirs = _row(city, run), _row(national, run)
    assert (ours.state, theirs.state) == ("agreed", "agreed")
    assert ours.report == theirs.report
    assert ours.ours["count"] == ours.ours["max_seq"] == 40
    for node, signature in ((national, ours.their_signature), (city, ours.our_signature)):
        known = city.gateway.book()[node.org]
        peers.verify(known, correspondence.PREFIX + ours.report.encode(), signature, city.at)
        with pytest.raises(ExchangeError):
            peers.verify(known, correspondence.PREFIX + b"other", signature, city.at)


def test_a_lost_message_is_found_and_comes_again(sent: Pair) -> None:
    """With its id and number, without a second effect; the next comparison settles it."""
    city, national, _ = sent
    ids = {row.seq: row.message_id for row in national.rows(Message, type="LEAD")}
    _lose(national, 7, 23)
    run = _compare(city, national)
    with city.database.read() as session:
        found = session.execute(select(DifferenceRow).order_by(DifferenceRow.id)).scalars().all()
    assert sorted((row.kind, row.state, row.message_id) for row in found) == sorted(
        ("missing", "sent", ids[number]) for number in (7, 23)
    )
    assert _row(national, run).extra == 2
    city.turn(1)
    assert {row.seq for row in national.rows(Message, type="LEAD")} == set(range(1, 41))
    assert {row.state for row in city.rows(Delivery)} == {"done"}
    again = _compare(city, national, "2026-11-26")
    assert _row(city, again).missing == 0
    with city.database.read() as session:
        assert set(session.execute(select(DifferenceRow.state)).scalars()) == {"settled"}


def test_a_changed_record_is_found(sent: Pair) -> None:
    """Somebody changed the stored message at the other side: a person there is told."""
    city, national, _ = sent
    with national.database.write() as session:
        changed = Message.envelope.op("||")(" ")
        session.execute(update(Message).where(Message.seq == 9, Message.type == "LEAD").values(envelope=changed))
    run = _compare(city, national)
    assert (_row(city, run).altered, _row(city, run).missing) == (1, 0)
    with city.database.read() as session:
        key = session.execute(select(DifferenceRow.key)).scalar_one()
    assert key == "LEAD/lead-8@1#9"


def test_an_invented_record_is_for_a_person(sent: Pair) -> None:
    """The sender lost it, or it never sent it: nothing is sent again, and a notice says so."""
    city, national, _ = sent
    with city.database.write() as session:
        number = session.execute(select(Message.id).where(Message.seq == 5, Message.type == "LEAD")).scalar_one()
        name = session.execute(select(Message.message_id).where(Message.id == number)).scalar_one()
        for table in (Hop, Receipt):
            session.execute(delete(table).where(table.message_id == name))
        session.execute(delete(Delivery).where(Delivery.message_row == number))
        session.execute(delete(Message).where(Message.id == number))
    run = _compare(city, national)
    assert (_row(city, run).extra, _row(city, run).missing) == (1, 0)
    with city.database.read() as session:
        assert session.execute(select(Notice.kind)).scalar_one() == "reconciliation"


def test_only_streams_of_the_two_are_shared(sent: Pair) -> None:
    """Not those that tell of others, not those of a third one, nothing that is no stream."""
    city, _, _ = sent
    with city.database.read() as session:
        assert streams.shared(session, "310000") == [("000000", DATA_SET)]
    for name in ("stream/310000/recon", "stream/440000/lead", "stream/310000/LEAD", "secrets", "stream/310000"):
        assert streams.stream_source("310000", "000000", name) is None
    source = streams.stream_source("310000", "000000", "stream/000000/lead")
    assert source is not None
    assert source.sender == "000000"


@pytest.mark.parametrize("suite", ["es256-sha256", "sm2-sm3"])
def test_other_suites_sign_too(tmp_path: Path, suite: str) -> None:
    """As agreed with the peer."""
    with pair(tmp_path, suites=(suite,)) as (city, national, _):
        correspondence.attend()
        city.post(lead(1))
        city.turn()
        run = _compare(city, national)
        assert _row(city, run).state == "agreed"
        assert _row(city, run).their_signature["suite"] == suite
