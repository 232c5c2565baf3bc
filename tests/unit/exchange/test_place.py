"""How far streams have come, counted in memory and written once."""

from datetime import UTC, datetime
from typing import Any

from exchange.envelope import GENESIS
from exchange.place import Places
from kernel.db import Database
from kernel.models import Stream

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_a_stream_is_made_once_and_kept_at_the_end(database: Database) -> None:
    """What is counted is not written before, and the next transaction goes on from there."""
    with database.write() as session:
        places = Places(session, "in")
        place = places.get("310000", "000000", "lead")
        assert (place.last_seq, place.head, place.missing_since) == (0, GENESIS, None)
        assert places.get("310000", "000000", "lead") is place
        place.last_seq, place.head, place.highest_seq, place.last_at, place.missing_since = 3, "ab", 7, AT, AT
        session.flush()
        assert session.query(Stream).one().last_seq == 0
        session.expire_all()
        places.write()
        assert session.query(Stream).one().last_seq == 3
    with database.write() as session:
        again = Places(session, "in").get("310000", "000000", "lead")
        assert (again.last_seq, again.head, again.highest_seq) == (3, "ab", 7)
        assert (again.last_at, again.missing_since) == (AT, AT)


def test_directions_and_names_are_streams_of_their_own(database: Database) -> None:
    """What goes out is not what comes in."""
    with database.write() as session:
        incoming, outgoing = Places(session, "in"), Places(session, "out")
        made = [incoming.get("a", "b", "lead"), incoming.get("a", "b", "case"), outgoing.get("a", "b", "lead")]
        assert len({place.id for place in made}) == 3


def test_one_statement_for_many_messages(database: Database) -> None:
    """However often a place moves, its row is changed once."""
    seen: list[str] = []
    with database.write() as session:
        driver: Any = session.connection().connection.driver_connection
        driver.set_trace_callback(seen.append)
        places = Places(session, "in")
        for number in range(1, 200):
            places.get("310000", "000000", "lead").last_seq = number
        places.write()
        driver.set_trace_callback(None)
    assert len([text for text in seen if text.startswith("UPDATE stream")]) == 1
