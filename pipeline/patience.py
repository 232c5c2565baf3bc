"""Patience: how long a command waits for orders that fail and are tried again."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.models import Evidence
from pipeline.schedule import OPEN_STATES, is_open

GIVE_UP_ATTEMPTS = 3
LONGEST_WAIT = timedelta(seconds=60)


class Patience:
    """Knows which orders a command need not wait for any more.

    A person who gives the command again has mended something: what waits is due at once, and tries
    of earlier commands do not count.

    Args:
        session: a write session.

    Effects: table ``evidence`` (retry_at of open orders).
    """

    def __init__(self, session: Session) -> None:
        query = select(Evidence.id, Evidence.attempts).where(Evidence.state.in_(OPEN_STATES))
        self._before = {name: attempts for name, attempts in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping
        session.execute(update(Evidence).where(Evidence.state.in_(OPEN_STATES)).values(retry_at=None))

    def worth_waiting(self, session: Session, *, at: datetime) -> int:
        """How many open orders are still worth waiting for: few tries so far, and the next one soon."""
        query = select(Evidence.id, Evidence.attempts, Evidence.retry_at).where(is_open())
        return sum(
            attempts - self._before.get(name, 0) < GIVE_UP_ATTEMPTS
            and (retry_at is None or retry_at <= at + LONGEST_WAIT)
            for name, attempts, retry_at in session.execute(query)
        )
