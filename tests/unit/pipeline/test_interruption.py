"""Interrupted captures: checkpoints committed, recovery asked for, states kept right."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from evidence import custody, intake
from evidence.errors import IllegalTransitionError
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Evidence
from pipeline.capture_client import CaptureClient, CaptureFailedError
from pipeline.interruption import commit_checkpoint, no_try_left, recover_by_hand

AT = datetime(2026, 11, 25, tzinfo=UTC)
CHECKPOINT = {"event": "checkpoint", "started_at": "2026-11-25T00:00:00Z", "at": "2026-11-25T00:00:02Z", "bytes": 9}


class StandIn:
    """A worker that recovers, or does not."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.orders: list[Mapping[str, object]] = []

    def order(self, order: Mapping[str, object], on_event: object) -> dict[str, object]:
        """Carry out an order."""
        self.orders.append(order)
        if self.fault:
            raise CaptureFailedError(self.fault, "expected a tape, got none", "")
        on_event({**CHECKPOINT, "bytes": 99, "sha256": "b" * 64})  # type: ignore[operator]
        on_event({"event": "progress", "stage": "x"})  # type: ignore[operator]
        record = Path(str(order["out"])) / "meta" / "capture.json"
        record.parent.mkdir(parents=True)
        record.write_text("{}")
        return {"completeness": "PARTIAL", "recovered": {"at": "…"}, "title": "茶"}


def _ordered(database: Database, *states: str) -> str:
    with database.write() as session:
        row = intake.order(
            session, key="k", url="http://a.example.test/", shop_id=None, listing_id=None, reason="order",
            purpose="why", actor="wang", at=AT,
        )  # fmt: skip
        for state in states:
            intake.transition(session, row, state, actor="system", at=AT)
        return row.id


@pytest.mark.parametrize("states", [(), ("failed",)])
def test_a_person_gets_what_is_there(database: Database, config: Settings, states: tuple[str, ...]) -> None:
    """Committed checkpoints go to the worker; the state is captured, PARTIAL; custody says who and why."""
    name = _ordered(database, *states)
    commit_checkpoint(database, name, {**CHECKPOINT, "sha256": "a" * 64}, actor="system:capture")
    worker = StandIn()
    recover_by_hand(database, config, cast("CaptureClient", worker), name, actor="li", purpose="审查")
    assert worker.orders[0]["checkpoints"] == [{"started_at": "2026-11-25T00:00:00Z", "bytes": 9, "sha256": "a" * 64}]
    with database.read() as session:
        row = session.get_one(Evidence, name)
        events = custody.events(session, name)
        assert custody.verify_chain(session, name) == len(events)
    assert (row.state, row.completeness, row.summary["title"]) == ("captured", "PARTIAL", "茶")
    assert [event.action for event in events][-2:] == ["checkpoint", "captured"]
    assert events[-1].detail == {"completeness": "PARTIAL", "recovered": True, "purpose": "审查"}
    with pytest.raises(IllegalTransitionError, match="is captured"):
        recover_by_hand(database, config, cast("CaptureClient", worker), name, actor="li", purpose="x")


def test_nothing_there_changes_nothing(database: Database, config: Settings) -> None:
    """The worker's refusal is the answer; the state stays."""
    name = _ordered(database)
    worker = cast("CaptureClient", StandIn("capture.nothing_to_recover"))
    with pytest.raises(CaptureFailedError):
        recover_by_hand(database, config, worker, name, actor="li", purpose="x")
    with database.read() as session:
        assert session.get_one(Evidence, name).state == "ordered"
    with pytest.raises(IllegalTransitionError, match="unknown"):
        recover_by_hand(database, config, worker, "ev-none", actor="li", purpose="x")


@pytest.mark.parametrize(
    ("code", "attempts", "left"),
    [
        ("capture.browser_crashed", 6, True),
        ("capture.timeout", 6, True),
        ("pipeline.process", 6, True),
        ("capture.browser_crashed", 5, False),
        ("capture.unreachable", 9, False),
    ],
)
def test_the_last_try_is_known(config: Settings, code: str, attempts: int, left: bool) -> None:  # noqa: FBT001 - a table
    """Only an interruption, and only when every wait was used up."""
    assert no_try_left(Evidence(attempts=attempts), config, CaptureFailedError(code, "m", "")) is left
