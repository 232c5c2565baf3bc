"""The one place that reads the wall clock. Everywhere else time is an argument (aware UTC)."""

import time
from datetime import UTC, datetime, timedelta, timezone

from kernel.errors import ClockError

CHINA = timezone(timedelta(hours=8), "CST")


def now() -> datetime:
    """The current time, aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def monotonic() -> float:
    """Seconds of a clock that never steps; only for measuring durations."""
    return time.monotonic()


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ClockError: the time has no zone.
    """
    if at.tzinfo is None:
        raise ClockError(
            f"expected a time with a zone, got {at.isoformat()}", hint="Attach a zone: datetime(..., tzinfo=UTC)."
        )
    return at.astimezone(UTC)


def iso(at: datetime) -> str:
    """RFC 3339 text in UTC with microseconds and Z, so that text order is time order.

    Spec: RFC 3339 section 5.6.
    """
    return as_utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> datetime:
    """An RFC 3339 time with a zone as aware UTC.

    Raises:
        ClockError: not a time, or no zone.
    """
    try:
        return as_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:  # the latter: a zone leads out of the years 1 to 9999
        raise ClockError(f"expected an RFC 3339 time, got {text!r}", hint="Example: 2026-11-25T08:00:00Z.") from error
