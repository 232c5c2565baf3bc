"""Standing duties that rooms hang up: module names and seconds, loaded when first due, each done beside the others.

A duty is a module with ``turn(config, database, at)``. It may fail, be slow or hang without hurting another: each has a
thread of its own while it is at work, and never two at once. It is done again at its next time, and must survive
being left in the middle, for the process may end then.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from pipeline.attempt import attempt

GRACE_SECONDS = 5.0
AT_ONCE = 3
"""Duties that work at the same time; what is due beyond waits for a turn."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of the list.

    Attributes:
        module: has ``turn(config, database, at)``; what a long night needs it keeps in its own tables.
        every: seconds from the end of a turn to the next. first: seconds from the start to the first one.
    """

    module: str
    every: float
    first: float = 0.0


DUTIES: Sequence[Duty] = (
    Duty("pipeline.badge_duty", every=3.0),
    Duty("pipeline.copied_badge_duty", every=30.0, first=20.0),
    Duty("pipeline.linked_duty", every=1.0),
    Duty("pipeline.exchange_duty", every=2.0, first=5.0),
    Duty("pipeline.matters_duty", every=20.0, first=15.0),
    Duty("pipeline.deadline_duty", every=21_600.0, first=20.0),
    Duty("pipeline.folder_duty", every=5.0, first=6.0),
    Duty("pipeline.reconcile_duty", every=20.0, first=60.0),
    Duty("pipeline.subscription_duty", every=300.0, first=45.0),
    Duty("pipeline.log_duty", every=86_400.0, first=1_200.0),
    Duty("pipeline.quality_duty", every=60.0, first=45.0),
    Duty("pipeline.renewal_duty", every=86_400.0, first=600.0),
    Duty("pipeline.recheck_duty", every=15.0, first=30.0),
    Duty("pipeline.licence_duty", every=60.0, first=45.0),
    Duty("pipeline.subjects_duty", every=15.0, first=5.0),
)
"""All of them. Each owner adds a line."""


Turn = Callable[[Settings, Database, datetime], object]
"""The function of a duty's module: does what is due at a time (aware UTC), once."""


class _Standing:
    """One duty, and when it is due."""

    def __init__(self, duty: Duty) -> None:
        self.duty = duty
        self.due = monotonic() + duty.first
        self.thread: threading.Thread | None = None

    @property
    def works(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def begin(self, config: Settings, database: Database) -> None:
        name = self.duty.module.rpartition(".")[2]
        # A daemon: a duty that hangs keeps nobody from ending the command.
        self.thread = threading.Thread(target=self._do, args=(config, database), name=name, daemon=True)
        self.thread.start()

    def _do(self, config: Settings, database: Database) -> None:
        attempt(self.duty.module, lambda: self._turn(config, database))
        self.due = monotonic() + self.duty.every

    def _turn(self, config: Settings, database: Database) -> None:
        turn: Turn = import_module(self.duty.module).turn
        turn(config, database, now())


class Duties:
    """Begins what is due.

    Args:
        config: settings. database: open records, used by several threads. duties: the list.
    """

    def __init__(self, config: Settings, database: Database, duties: Sequence[Duty] | None = None) -> None:
        self._config, self._database = config, database
        self._standing = [_Standing(duty) for duty in (DUTIES if duties is None else duties)]

    def turn(self) -> None:
        """Begin what is due and not at work, the longest waiting first; does not wait for it."""
        free = AT_ONCE - sum(one.works for one in self._standing)
        waiting = [one for one in self._standing if not one.works and monotonic() >= one.due]
        for one in sorted(waiting, key=lambda standing: standing.due)[: max(0, free)]:
            one.begin(self._config, self._database)

    def close(self, seconds: float = GRACE_SECONDS) -> None:
        """Wait for those at work, this long in all; what takes longer is left in the middle."""
        deadline = monotonic() + seconds
        for one in self._standing:
            if one.thread is not None:
                one.thread.join(max(0.0, deadline - monotonic()))
