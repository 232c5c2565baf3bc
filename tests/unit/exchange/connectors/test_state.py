from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exchange.connectors import state
from exchange.connectors.answer import Cursor, Page
from exchange.connectors.errors import SourceUnavailableError
from exchange.connectors.row import SourceRow
from kernel.db import Database

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def page_of(*minutes: int, following: Cursor | None = None) -> Page:
    """A page of rows changed so many minutes before ``AT``."""
    rows = tuple(SourceRow(f"k{number}", 1, AT - timedelta(minutes=number), {}) for number in minutes)
    return Page(rows, (), following, AT)


def test_reading_starts_before_the_watermark(database: Database) -> None:
    """Five minutes are read again; at first everything."""
    with database.write() as session:
        row = state.of_system(session, "penalty")
        assert state.start(row).since == state.EPOCH
        state.advance(row, page_of(3, 1, 2), AT)
        assert (row.watermark_at, row.watermark_id) == (AT - timedelta(minutes=1), "k1")
        assert state.start(row) == Cursor(AT - timedelta(minutes=6))
        state.advance(row, page_of(8), AT)
        assert row.watermark_id == "k1"
    with database.read() as session:
        assert state.all_states(session)["penalty"].watermark_id == "k1"
        assert state.read(session, "credit").failures == 0


def test_within_a_run_the_watermark_stays_behind(database: Database) -> None:
    """A row of a later page that came early does not make us skip what lies between."""
    with database.write() as session:
        row = state.of_system(session, "penalty")
        following = Cursor(AT - timedelta(minutes=5), "k5")
        state.advance(row, page_of(9, 1, following=following), AT)
        assert (row.watermark_at, row.watermark_id) == (following.since, following.after)
        assert state.start(row) == following
        state.advance(row, page_of(), AT)
        assert row.cursor_at is None


def test_the_breaker_opens_and_closes(database: Database) -> None:
    """After five failures in a row, longer each time, two minutes at most; a good try closes it."""
    error = SourceUnavailableError("expected an answer, got none")
    with database.write() as session:
        row = state.of_system(session, "penalty")
        for _ in range(4):
            state.failed(row, error, AT)
        assert not state.is_open(row, AT)
        state.failed(row, error, AT)
        assert state.is_open(row, AT + timedelta(seconds=14))
        assert not state.is_open(row, AT + timedelta(seconds=15))
        for _ in range(20):
            state.failed(row, error, AT)
        assert row.open_until == AT + timedelta(minutes=2)
        assert row.error_code == "exchange.linked_unavailable"
        state.good(row, AT)
        assert (row.failures, row.error, state.is_open(row, AT)) == (0, "", False)


def test_drift_skew_and_counts(database: Database) -> None:
    """What a page shows of the system is kept."""
    with database.write() as session:
        row = state.of_system(session, "penalty")
        page = replace(page_of(1), new_fields=("X",), lost_fields=("Y",), server_time=AT + timedelta(seconds=90))
        state.advance(row, page, AT)
        assert row.skew_ms == 90_000
        assert (row.drift["new"], row.drift["lost"]) == (["X"], ["Y"])
        state.count(row, {"new": 2})
        state.count(row, {"new": 1, "stale": 1})
        assert (row.counts["new"], row.counts["stale"]) == (3, 1)
        state.add_lags(row, list(range(600)))
        assert len(row.lags) == state.LAGS_KEPT


def test_percentiles() -> None:
    """The nearest rank; none of none."""
    values = list(range(1, 101))
    assert (state.percentile(values, 0.5), state.percentile(values, 0.95), state.percentile(values, 1.0)) == (
        50,
        95,
        100,
    )
    assert state.percentile([7], 0.5) == 7
    assert state.percentile([], 0.5) is None
