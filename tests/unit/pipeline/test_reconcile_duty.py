"""The daily reconciliation: each stream once a day, again when rows moved, nothing without peers."""

from datetime import timedelta
from pathlib import Path

from kernel.config import Settings
from kernel.db import Database
from kernel.models import Message, Reconciliation
from pipeline.reconcile_duty import ROUNDS, begin_due, turn
from tests.servers.exchanging import AT, lead, pair


def test_each_stream_once_a_day(tmp_path: Path) -> None:
    """What there was before midnight in China; the next day again."""
    with pair(tmp_path) as (city, _, _):
        city.post(lead(1))
        city.turn()
        assert begin_due(city.gateway, at=city.at) == 1
        assert begin_due(city.gateway, at=city.at + timedelta(hours=1)) == 0
        assert begin_due(city.gateway, at=city.at + timedelta(days=1)) == 1
        rows = city.rows(Reconciliation)
        found = sorted((row.day, row.cut) for row in rows)
        assert found == [("2026-11-25", 0), ("2026-11-26", 1)]
        assert {row.data_set for row in rows} == {"stream/310000/lead"}
        assert len(city.rows(Message, type="RECON")) == 2


def test_again_when_rows_moved(tmp_path: Path) -> None:
    """Some rounds and no more; a dispute is not repeated but waits for a person."""
    with pair(tmp_path) as (city, _, _):
        city.post(lead(1))
        city.turn()
        for number in range(ROUNDS + 2):
            assert begin_due(city.gateway, at=city.at) == int(number < ROUNDS)
            with city.database.write() as session:
                for row in session.query(Reconciliation):
                    row.state = "failed"
        assert sorted(row.day for row in city.rows(Reconciliation)) == [
            "2026-11-25", *(f"2026-11-25.{number}" for number in range(2, ROUNDS + 1)),
        ]  # fmt: skip


def test_without_peers_nothing_happens(config: Settings, database: Database) -> None:
    """Not even keys are made."""
    turn(config, database, AT)
    assert not (config.keys_path() / "exchange").exists()
