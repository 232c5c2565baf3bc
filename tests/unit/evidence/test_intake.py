"""Orders and states of evidence."""

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from evidence import custody, intake
from evidence.errors import EvidenceError, IllegalTransitionError, TsaUnavailableError
from kernel.db import Database
from kernel.models import Evidence
from tests.data.evidence.workshop import AT
from tests.servers.empty_records import open_records

URL = "https://shop.example.test/"


def place(session: Session, key: str = "k") -> Evidence:
    """An order."""
    return intake.order(
        session, key=key, url=URL, shop_id=None, listing_id=None, reason="rule", purpose="p", actor="a", at=AT
    )


def test_ordering_twice_makes_one(database: Database) -> None:
    """The natural key decides."""
    with database.write() as session:
        first = place(session)
    with database.write() as session:
        assert place(session).id == first.id
        assert place(session, "other").id != first.id
        assert custody.verify_chain(session, first.id) == 1


@pytest.mark.parametrize("change", [{"reason": "whim"}, {"key": ""}, {"url": ""}])
def test_orders_that_are_refused(database: Database, change: dict[str, str]) -> None:
    """No unknown reason, no empty key or address."""
    fields = {"key": "k", "url": URL, "reason": "rule", **change}
    with database.write() as session, pytest.raises(EvidenceError, match="expected a key"):
        intake.order(session, shop_id=None, listing_id=None, purpose="", actor="a", at=AT, **fields)


def test_the_usual_way(database: Database) -> None:
    """ordered, capturing, captured, sealed; custody has all but the second."""
    with database.write() as session:
        row = place(session)
        for state in ("capturing", "captured", "sealed"):
            intake.transition(session, row, state, actor="w", at=AT, object_sha256="a" * 64, detail={"n": 1})
        assert (row.attempts, row.captured_at, row.sealed_at) == (1, AT, AT)
        assert [event.action for event in custody.events(session, row.id)] == ["ordered", "captured", "sealed"]


def test_defer_keeps_what_was_reached(database: Database) -> None:
    """A capture under way goes back; a capture that is whole waits for its seal."""
    error, due = TsaUnavailableError("expected an answer, got none"), AT + timedelta(minutes=5)
    with database.write() as session:
        row = place(session)
        intake.transition(session, row, "capturing", actor="w", at=AT)
        assert intake.defer(session, row, error, retry_at=due).state == "ordered"
        intake.transition(session, row, "capturing", actor="w", at=AT)
        intake.transition(session, row, "captured", actor="w", at=AT)
        assert intake.defer(session, row, error, retry_at=due).state == "captured"
        assert (row.last_error_code, row.retry_at) == ("evidence.tsa_unavailable", due)
        intake.transition(session, row, "sealed", actor="w", at=AT)
        assert (row.last_error_code, row.retry_at) == ("", None)
        with pytest.raises(IllegalTransitionError):
            intake.defer(session, row, error, retry_at=None)


def test_fail_says_why(database: Database) -> None:
    """The error is kept, custody has it, and the order can be given again."""
    with database.write() as session:
        row = place(session)
        intake.fail(session, row, TsaUnavailableError("expected an answer"), actor="w", at=AT)
        assert row.state == "failed"
        assert custody.events(session, row.id)[-1].detail["code"] == "evidence.tsa_unavailable"
        assert intake.transition(session, row, "ordered", actor="officer", at=AT).state == "ordered"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*intake.NEXT, "lost"]), max_size=12))
@example(["capturing", "captured", "sealed", "deleted", "ordered"])
def test_no_illegal_step_ever(tmp_path_factory: pytest.TempPathFactory, wanted: list[str]) -> None:
    """Any walk: legal steps happen, others change nothing; what is sealed can only be deleted."""
    database = open_records(tmp_path_factory.mktemp("walk") / "walk.db")
    with database.write() as session:
        row = place(session)
        for to in wanted:
            before, count = row.state, len(custody.events(session, row.id))
            if to in intake.NEXT[before]:
                assert intake.transition(session, row, to, actor="w", at=AT).state == to
                assert before != "deleted"
                assert before != "sealed" or to == "deleted"
            else:
                with pytest.raises(IllegalTransitionError):
                    intake.transition(session, row, to, actor="w", at=AT)
                assert (row.state, len(custody.events(session, row.id))) == (before, count)
        assert custody.verify_chain(session, row.id) >= 1
    database.close()
