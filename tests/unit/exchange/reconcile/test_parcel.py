"""Steps in parts: kept once, whole before they are worked on, refused when they do not fit."""

import pytest

from exchange.reconcile import parcel
from exchange.reconcile.errors import ReconcileError
from kernel.db import Database
from tests.unit.exchange.reconcile.conftest import AT

GOOD: dict[str, object] = {"run": "rc-1", "step": "rows", "part": 1, "parts": 1, "head": {}, "items": []}


@pytest.mark.parametrize(
    "change",
    [
        {"run": ""},
        {"run": 5},
        {"step": "guess"},
        {"part": 0},
        {"part": 2},
        {"part": True},
        {"parts": 1_000_000},
        {"head": []},
        {"items": {}},
        {"items": [0] * (parcel.PART_ITEMS + 1)},
        {"more": 1},
    ],
)
def test_what_is_not_understood_is_refused(database: Database, change: dict[str, object]) -> None:
    """And leaves nothing behind."""
    with database.write() as session, pytest.raises(ReconcileError):
        parcel.take(session, "310000", {**GOOD, **change}, at=AT)
    with database.read() as session:
        assert parcel.complete(session) == []


def test_a_part_comes_once(database: Database) -> None:
    """The same again is the same row; another under its name, or from another peer, is refused."""
    with database.write() as session:
        first = parcel.take(session, "310000", GOOD, at=AT)
        assert parcel.take(session, "310000", GOOD, at=AT).id == first.id
        with pytest.raises(ReconcileError):
            parcel.take(session, "310000", {**GOOD, "items": [1]}, at=AT)
        with pytest.raises(ReconcileError):
            parcel.take(session, "320000", GOOD, at=AT)


def test_parts_come_back_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only when all are here; worked on, they wait no more."""
    monkeypatch.setattr(parcel, "PART_ITEMS", 2)
    payloads = list(parcel.parcels("rc-1", "rows", {"a": 1}, [1, 2, 3, 4, 5]))
    assert len(payloads) == 3
    with database.write() as session:
        for payload in payloads[:0:-1]:
            parcel.take(session, "310000", payload, at=AT)
        assert parcel.complete(session) == []
        parcel.take(session, "310000", payloads[0], at=AT)
        assert parcel.complete(session) == [("rc-1", "rows")]
        assert parcel.joined(session, "rc-1", "rows") == ("310000", {"a": 1}, [1, 2, 3, 4, 5])
        parcel.finish(session, "rc-1", "rows", at=AT)
        assert parcel.complete(session) == []


def test_parts_of_two_senders_do_not_join(database: Database) -> None:
    """Nor do parts with other heads."""
    with database.write() as session:
        parcel.take(session, "310000", {**GOOD, "parts": 2}, at=AT)
        parcel.take(session, "320000", {**GOOD, "part": 2, "parts": 2}, at=AT)
        with pytest.raises(ReconcileError):
            parcel.joined(session, "rc-1", "rows")


def test_a_peer_cannot_fill_the_records(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many open comparisons and no more; a list has its limit too."""
    monkeypatch.setattr(parcel, "MAX_OPEN_RUNS", 1)
    with database.write() as session:
        parcel.take(session, "310000", GOOD, at=AT)
        with pytest.raises(ReconcileError):
            parcel.take(session, "310000", {**GOOD, "run": "rc-2"}, at=AT)
        parcel.take(session, "320000", {**GOOD, "run": "rc-2"}, at=AT)
    monkeypatch.setattr(parcel, "MAX_PARTS", 1)
    monkeypatch.setattr(parcel, "PART_ITEMS", 1)
    with pytest.raises(ReconcileError):
        list(parcel.parcels("rc-1", "rows", {}, [1, 2]))
