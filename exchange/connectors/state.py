"""How far each system was read and how it does: watermark, breaker, clock, lag, drift."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors.answer import Cursor, Page
from kernel.errors import WangjianError
from kernel.models import LinkedState

OVERLAP = timedelta(minutes=5)
"""Read again behind the watermark: a change may become visible later than its time says."""
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
FAILURES_BEFORE_OPEN = 5
FIRST_OPEN = timedelta(seconds=15)
LONGEST_OPEN = timedelta(minutes=2)
STALE = timedelta(minutes=10)
"""A system that was last read in full longer ago than this is told to be stale."""
STALE_FILES = timedelta(hours=26)
LAGS_KEPT = 500
COUNTED = ("new", "changed", "same", "stale", "gone", "quarantined")


def of_system(session: Session, system: str) -> LinkedState:
    """The row of a system, made when there is none. Effects: table ``linked_state``."""
    found = session.get(LinkedState, system)
    if found is None:
        found = _empty(system)
        session.add(found)
        session.flush()
    return found


def read(session: Session, system: str) -> LinkedState:
    """The row of a system; one that says nothing when there is none."""
    return session.get(LinkedState, system) or _empty(system)


def _empty(system: str) -> LinkedState:
    texts = dict.fromkeys(("watermark_id", "cursor_id", "error_code", "error"), "")
    numbers = dict.fromkeys(("failures", "keys_differ", "skew_ms"), 0)
    return LinkedState(system=system, lags=[], counts={}, drift={}, files={}, **texts, **numbers)


def all_states(session: Session) -> dict[str, LinkedState]:
    """Every system that was ever asked, by name."""
    return {row.system: row for row in session.execute(select(LinkedState)).scalars()}


def start(state: LinkedState) -> Cursor:
    """Where to read on: in the middle of a run that did not end, else the overlap before the watermark."""
    if state.cursor_at is not None:
        return Cursor(state.cursor_at, state.cursor_id)
    return Cursor(state.watermark_at - OVERLAP if state.watermark_at else EPOCH)


def is_open(state: LinkedState, at: datetime) -> bool:
    """The breaker is open: the system is left alone."""
    return state.open_until is not None and at < state.open_until


def advance(state: LinkedState, page: Page, at: datetime) -> None:
    """Note that a page was taken, in the transaction that took it.

    Within a run the watermark stays behind the place where it reads on, whatever order the rows came in.
    """
    newest = max(((row.updated_at, row.key) for row in page.rows), default=None)
    if newest is not None and page.next is not None:
        newest = min(newest, (page.next.since, page.next.after))
    if newest is not None and (state.watermark_at is None or newest > (state.watermark_at, state.watermark_id)):
        state.watermark_at, state.watermark_id = newest
    state.cursor_at = page.next.since if page.next else None
    state.cursor_id = page.next.after if page.next else ""
    state.skew_ms = milliseconds(page.server_time - at)
    if page.new_fields or page.lost_fields:
        state.drift = {"at": at.isoformat(), "new": list(page.new_fields), "lost": list(page.lost_fields)}
    good(state, at)


def good(state: LinkedState, at: datetime) -> None:
    """Note a try that went well: the breaker closes."""
    state.pulled_at = state.good_at = at
    state.failures, state.open_until, state.error_code, state.error = 0, None, "", ""


def failed(state: LinkedState, error: WangjianError, at: datetime) -> None:
    """Note a try that failed; after some in a row the breaker opens, longer each time, up to two minutes."""
    state.pulled_at = at
    state.failures += 1
    state.error_code, state.error = error.code, error.message[:1000]
    if state.failures >= FAILURES_BEFORE_OPEN:
        state.open_until = at + min(LONGEST_OPEN, FIRST_OPEN * 2 ** min(8, state.failures - FAILURES_BEFORE_OPEN))


def is_stale(state: LinkedState | None, at: datetime) -> bool:
    """It was last read in full too long ago, or never. Files come once a day."""
    if state is None or state.good_at is None:
        return True
    return at - state.good_at > (STALE_FILES if state.files else STALE)


def ask_now(state: LinkedState) -> None:
    """Let the next turn ask at once, also a system that is left alone."""
    state.pulled_at = state.open_until = None


def count(state: LinkedState, tally: Mapping[str, int]) -> None:
    """Add what became of some rows."""
    state.counts = {word: state.counts.get(word, 0) + tally.get(word, 0) for word in COUNTED}


def add_lags(state: LinkedState, lags: list[int]) -> None:
    """Keep the newest lags, in ms."""
    if lags:
        state.lags = [*state.lags, *lags][-LAGS_KEPT:]


def milliseconds(span: timedelta) -> int:
    """A span in whole milliseconds."""
    return span // timedelta(milliseconds=1)


def percentile(values: list[int], share: float) -> int | None:
    """The value that ``share`` of all do not exceed; none of none."""
    return sorted(values)[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)] if values else None
