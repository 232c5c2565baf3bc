"""A bell that commits ring: whoever works off what others post wakes when it is there, not at its next turn.

PostgreSQL tells by NOTIFY, with the commit itself. SQLite has no such word, but a counter of commits in shared memory,
which costs microseconds to look at; it is looked at a few times a second, and any commit rings.
"""

import contextlib
import logging
from threading import Event
from types import TracebackType
from typing import Any, Self

from sqlalchemy import PoolProxiedConnection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel.clock import monotonic
from kernel.db import Database

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often the counter of SQLite is looked at."""
PATIENCE_SECONDS = 1.0
"""How long PostgreSQL is listened to before the caller is asked whether to go on."""


def ring(session: Session, channel: str) -> None:
    """Ring with the commit of this session's transaction; a roll-back rings nothing.

    Args:
        session: a write session. channel: a word of letters and underscores.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


class CommitBell:
    """Waits for the ring. For one thread; holds a connection of its own between ``__enter__`` and ``__exit__``."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database, self._channel = database, channel
        self._connection: PoolProxiedConnection | None = None
        self._seen = 0
        self._is_postgresql = database.engine.dialect.name == "postgresql"
        self._faults: type[Exception] = database.engine.dialect.loaded_dbapi.Error

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait for a commit, at most so long, or until ``stop`` is set. A database that is gone is waited for as well.

        What was committed between two waits rings at once.

        Returns:
            whether it rang.
        """
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0 and not stop.is_set():
            if self._connection is None and not self._listen():
                stop.wait(min(left, PATIENCE_SECONDS))
            elif self._rang(left, stop):
                return True
        return False

    @property
    def _raw(self) -> Any:
        """The driver's own connection."""
        return self._connection.driver_connection if self._connection else None

    def _listen(self) -> bool:
        try:
            self._connection = self._database.engine.raw_connection()
            if self._is_postgresql:
                self._raw.autocommit = True
                self._raw.execute(f"LISTEN {self._channel}")
            else:
                self._seen = self._counter()
        except (DBAPIError, self._faults) as error:
            logger.warning("the bell %s has no database: %s", self._channel, error)
            self._hang_up()
            return False
        return True

    def _rang(self, left: float, stop: Event) -> bool:
        try:
            if self._is_postgresql:
                notes = self._raw.notifies(timeout=min(left, PATIENCE_SECONDS), stop_after=1)
                return next(notes, None) is not None
            seen, self._seen = self._seen, self._counter()
        except self._faults as error:
            logger.warning("the bell %s lost its database: %s", self._channel, error)
            self._hang_up()
            return False
        if seen == self._seen:
            stop.wait(min(left, LOOK_SECONDS))
        return seen != self._seen

    def _counter(self) -> int:
        """How many commits others made, as far as their number matters: it changes with each."""
        return int(self._raw.execute("PRAGMA data_version").fetchone()[0])

    def _hang_up(self) -> None:
        if self._connection is not None:
            # It listens still: it must not go back among those that others take.
            with contextlib.suppress(self._faults):
                self._connection.detach()
                self._connection.close()
            self._connection = None
