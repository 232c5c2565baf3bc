"""The chain of custody."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from evidence import custody, intake
from evidence.errors import CustodyBrokenError
from kernel.db import Database
from kernel.models import CustodyEvent, Evidence
from tests.data.evidence.workshop import AT, custody_of


def ordered(session: Session) -> Evidence:
    """One ordered piece of evidence."""
    return intake.order(
        session,
        key="k",
        url="https://shop.example.test/",
        shop_id=None,
        listing_id=None,
        reason="order",
        purpose="核查",
        actor="officer-1",
        at=AT,
    )


def test_chain_grows_and_verifies(database: Database) -> None:
    """Events fold; each names the one before."""
    with database.write() as session:
        row = ordered(session)
        for number in range(3):
            custody.append(
                session, evidence_id=row.id, action="read", actor="officer-2", at=AT + timedelta(minutes=number)
            )
    with database.read() as session:
        assert custody.verify_chain(session, row.id) == 4
        chain = custody.events(session, row.id)
        assert [event.seq for event in chain] == [1, 2, 3, 4]
        assert chain[1].prev_hash == chain[0].hash
        assert custody.check_records(custody.parse(custody.render(chain))) == 4


@pytest.mark.parametrize("column", ["actor", "purpose", "hash", "prev_hash", "seq"])
def test_any_change_breaks_the_chain(database: Database, column: str) -> None:
    """A changed row is found, whichever column it was."""
    with database.write() as session:
        row = ordered(session)
        custody.append(session, evidence_id=row.id, action="read", actor="officer-2", at=AT)
    with database.write() as session:
        value: object = 7 if column == "seq" else "x" * 64
        session.execute(update(CustodyEvent).where(CustodyEvent.seq == 2).values({column: value}))
    with database.read() as session, pytest.raises(CustodyBrokenError):
        custody.verify_chain(session, row.id)


def test_a_removed_event_breaks_the_chain() -> None:
    """Nothing may be taken out of the middle or the front."""
    records = [custody.event_record(event) for event in custody_of("ev-1")]
    with pytest.raises(CustodyBrokenError):
        custody.check_records(records[1:])


def test_unknown_action_is_refused(database: Database) -> None:
    """Only the words of the record are used."""
    with database.write() as session:
        row = ordered(session)
        with pytest.raises(CustodyBrokenError, match="ordered"):
            custody.append(session, evidence_id=row.id, action="sold", actor="x", at=AT)


@pytest.mark.parametrize("data", [b"{}", b"[]\n", b"{\n", b'{"b":1, "a":2}\n', b'{"a":1.5}\n', b"\xff\n"])
def test_sealed_copy_has_one_form(data: bytes) -> None:
    """Canonical JSON objects, one a line."""
    with pytest.raises(CustodyBrokenError):
        custody.parse(data)


def test_numbers_and_depth_are_those_that_all_verifiers_read() -> None:
    """Up to 18 figures and 64 levels; a truth value is no number of an event."""
    parsed = custody.parse(b'{"n":%d}\n{"n":-%d}\n{"n":%s1%s}\n' % (10**18 - 1, 10**18 - 1, b"[" * 63, b"]" * 63))
    assert [len(str(record["n"])) for record in parsed] == [18, 19, 127]
    for line in (b'{"n":%d}\n' % 10**18, b'{"n":%s1%s}\n' % (b"[" * 64, b"]" * 64)):
        with pytest.raises(CustodyBrokenError):
            custody.parse(line)
    record = {**custody.event_record(custody_of("ev-1")[0]), "seq": True}
    with pytest.raises(CustodyBrokenError, match="True"):
        custody.check_records([{**record, "hash": custody.event_hash(record)}])


def test_records_need_all_fields() -> None:
    """A field too many or too few is no custody event."""
    record = custody.event_record(custody_of("ev-1")[0])
    with pytest.raises(CustodyBrokenError, match="fields"):
        custody.check_records([{**record, "more": 1}])
    with pytest.raises(CustodyBrokenError, match="canonical"):
        custody.check_records([{**record, "detail": {"a": 1.5}}])


def _nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}\n"


def test_deep_events_are_refused() -> None:
    """At every depth there is an answer, never a fall."""
    assert len(custody.parse(_nested(custody.MAX_DEPTH))) == 1
    for depth in (custody.MAX_DEPTH + 1, *range(300, 1000, 23), 5000):
        with pytest.raises(CustodyBrokenError):
            custody.parse(_nested(depth))


def test_times_of_events_have_one_form() -> None:
    """Times are read; another form or no such day is refused, with the event's number."""
    records = [custody.event_record(event) for event in custody_of("ev-1")]
    assert custody.moments(records)[0] == AT - timedelta(seconds=59)
    for wrong in (None, 7, "2026-11-25", "2026-11-25T08:00:00Z", "2026-02-29T08:00:00.000000Z"):
        with pytest.raises(CustodyBrokenError, match="event 2"):
            custody.moments([records[0], {**records[1], "at": wrong}])
