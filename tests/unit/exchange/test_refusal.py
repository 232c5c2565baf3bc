"""What was refused is seen by a person: once a day for each sender and reason, whatever the flood."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exchange.errors import EnvelopeError, ForgedError, WindowError
from exchange.refusal import STRANGER, Refusals
from kernel.db import Database
from kernel.models import Notice
from tests.servers.exchanging import AT, Line, Node, lead


def _item(code: str) -> dict[str, str]:
    return {"message_id": "m-1", "code": code, "message": "expected a signature that holds"}


def _told(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(str(row.detail["from"]), str(row.detail["code"])) for row in session.query(Notice).order_by(Notice.id)]


def test_each_reason_of_each_sender_is_told_once_a_day(
    new_records: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a process that does not remember; a gap that fills itself is nobody's matter."""
    database = new_records("one")
    forged, sealed = _item(ForgedError.code), _item("exchange.seal")
    refusals = Refusals(database)
    refusals.note("310115", [forged, forged, _item(WindowError.code)], at=AT)
    refusals.note("310115", [forged, sealed], at=AT)
    refusals.note(STRANGER, [forged], at=AT)
    assert _told(database) == [
        ("310115", "exchange.signature"),
        ("310115", "exchange.seal"),
        ("", "exchange.signature"),
    ]
    Refusals(database).note("310115", [forged], at=AT)
    assert len(_told(database)) == 3
    monkeypatch.setattr("exchange.refusal.MOST_KEPT", 1)
    refusals.note("310115", [forged], at=AT + timedelta(days=1))
    refusals.note("310115", [forged], at=AT + timedelta(days=1))
    assert len(_told(database)) == 4
    with database.read() as session:
        titles = {row.title for row in session.query(Notice)}
    assert len(titles) == 2
    assert all("未接收" in title for title in titles)


def test_a_call_of_a_stranger_is_told(two: tuple[Node, Node, Line]) -> None:
    """It changes nothing else."""
    city, national, _ = two
    with pytest.raises(EnvelopeError):
        national.gateway.answer(b"not a call", at=national.at)
    assert _told(national.database) == [("", "exchange.envelope")]
    city.post(lead(1))
    city.relay.turn(at=city.at)
    assert len(_told(national.database)) == 1
