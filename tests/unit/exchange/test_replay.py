"""Replay: looking again without any effect."""

import pytest
from sqlalchemy import select

from exchange.errors import RedriveError
from exchange.outbox import Draft
from exchange.replay import replay_stream, show_again
from kernel.models import BusinessVersion, Message, Stream
from tests.servers.exchanging import Line, Node, lead

Pair = tuple[Node, Node, Line]


def _replayed(node: Node, first: int = 1, last: int = 99) -> list[tuple[int, str, str, bool]]:
    with node.database.read() as session:
        stream = session.execute(select(Stream)).scalar_one()
        found = replay_stream(session, node.gateway.book(), node.keys, stream.id, first=first, last=last, at=node.at)
        return [(one.seq, one.then, one.now, one.chained) for one in found]


def test_a_stream_is_gone_through_without_effect(two: Pair) -> None:
    """All of it, or a part; a changed row shows."""
    city, national, _ = two
    city.post(*(lead(number) for number in range(4)))
    city.turn()
    before = [(row.id, row.at) for row in national.rows(BusinessVersion)]
    assert _replayed(national) == [(number, "processed", "ok", True) for number in (1, 2, 3, 4)]
    assert [row[0] for row in _replayed(national, 2, 3)] == [2, 3]
    assert [(row.id, row.at) for row in national.rows(BusinessVersion)] == before
    with national.database.write() as session:
        row = session.execute(select(Message).where(Message.seq == 2)).scalar_one()
        row.envelope = row.envelope.replace("线索 1", "线索 9")
    assert [now for _, _, now, _ in _replayed(national)] == ["ok", "exchange.signature", "ok", "ok"]


def test_a_removed_row_breaks_the_chain(two: Pair) -> None:
    """The one after it does not follow."""
    city, national, _ = two
    city.post(*(lead(number) for number in range(3)))
    city.turn()
    with national.database.write() as session:
        session.delete(session.execute(select(Message).where(Message.seq == 2)).scalar_one())
    assert [chained for *_, chained in _replayed(national)] == [True, False]


def test_a_message_is_shown_again_as_a_dry_run(two: Pair) -> None:
    """Its envelope names the old one; the receiver does nothing."""
    city, national, _ = two
    first = city.post(lead(1))[0]
    city.turn()
    with city.database.write() as session:
        show_again(session, city.rows(Message)[0].id, actor="officer", at=city.at)
    city.turn()
    row = national.rows(Message)[1]
    assert (row.is_replay, row.outcome, first in row.envelope) == (True, "same", True)


def test_sealed_and_foreign_messages_are_not_shown_again(two: Pair) -> None:
    """Their plain text is not kept here."""
    city, national, _ = two
    city.post(lead(1, personal_fields=("/title",)), lead(2))
    city.turn()
    for node, number in ((city, 1), (national, 2), (city, 99)):
        with pytest.raises(RedriveError), node.database.write() as session:
            show_again(session, number, actor="officer", at=node.at)


def test_a_draft_names_what_it_replays() -> None:
    """Empty for all others."""
    assert lead(1).replay_of == ""
    assert isinstance(lead(1, replay_of="x"), Draft)
