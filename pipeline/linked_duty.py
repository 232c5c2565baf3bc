"""The standing duty towards the linked systems: send what waits, pull what changed, each system by itself.

A slow system holds up nobody: what is sent to it and what is read of it have threads of their own, and are left out
while their last turn goes on. What is written back is sent when its commit rings, not at the next turn.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial

import httpx

from exchange.connectors import post, pulling, snapshot, state
from exchange.connectors.linked import Connector
from exchange.connectors.roster import SYSTEMS, connectors, folder_of
from exchange.connectors.source import open_client
from kernel.clock import now
from kernel.commit_bell import CommitBell
from kernel.config import Settings
from kernel.db import Database
from pipeline.attempt import attempt

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long a turn waits for its systems before it leaves them to themselves."""
IDLE_S = 30.0
"""How long the writer sleeps when nothing waits and nothing rings."""
SHORTEST_S = 0.2
"""How soon the writer looks again at what is due and not sent yet: its system is being written to."""


class LinkedDuty:
    """What the linked systems need although nobody asks for it. One process does it, a turn at a time."""

    def __init__(self, config: Settings, database: Database, *, clock: Callable[[], datetime] = now) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._client: httpx.Client | None = None
        self._connectors: dict[str, Connector] = {}
        self._running: dict[str, Future[bool]] = {}
        self._guard, self._closing = threading.Lock(), threading.Event()
        self._writer: threading.Thread | None = None
        self._beside = ThreadPoolExecutor(2 * len(SYSTEMS), thread_name_prefix="linked")

    def turn(self, *, wait_s: float = WAIT_S) -> None:
        """Send and pull, with every system that is not at it already.

        From the first turn on, what is minted is sent as soon as it is committed, between turns as well.

        Effects: as the modules of ``exchange``.
        """
        self._open()
        for system, connector in self._connectors.items():
            if connector.source is not None:
                self._begin(f"send {system}", self._send, connector)
            if connector.source is not None or folder_of(self._config, system) is not None:
                self._begin(f"pull {system}", self._pull, connector)
        with self._guard:
            running = list(self._running.values())
        wait(running, timeout=wait_s)

    def close(self) -> None:
        """Let what is under way come to its end."""
        self._closing.set()
        if self._writer is not None:
            self._writer.join()
        self._beside.shutdown()
        if self._client is not None:
            self._client.close()

    def _open(self) -> None:
        """At the first turn: the client, the connectors, and the writer where there is somebody to write to."""
        if self._client is not None:
            return
        self._client = open_client(self._config.linked_timeout_s)
        self._connectors = connectors(self._config, self._client)
        if any(connector.source is not None for connector in self._connectors.values()):
            # A daemon: a bell that hangs keeps nobody from ending the command.
            self._writer = threading.Thread(target=self._write, name="linked-writer", daemon=True)
            self._writer.start()

    def _write(self) -> None:
        """Wake when something was minted, or when a retry is due, and send it."""
        with CommitBell(self._database, post.CHANNEL) as bell:
            while not self._closing.is_set():
                due: dict[str, datetime] = {}
                attempt("linked writer", partial(self._learn, due))
                for system, at in due.items():
                    connector = self._connectors.get(system)
                    if at <= self._clock() and connector is not None and connector.source is not None:
                        self._begin(f"send {system}", self._send, connector)
                soonest = min(((at - self._clock()).total_seconds() for at in due.values()), default=IDLE_S)
                bell.wait(min(IDLE_S, max(SHORTEST_S, soonest)), self._closing)

    def _learn(self, due: dict[str, datetime]) -> None:
        due.update(post.next_due(self._database))

    def _begin(self, name: str, work: Callable[[Connector], None], connector: Connector) -> None:
        with self._guard:
            last = self._running.get(name)
            if (last is None or last.done()) and not self._closing.is_set():
                self._running[name] = self._beside.submit(attempt, name, partial(work, connector))

    def _send(self, connector: Connector) -> None:
        post.deliver(self._database, connector.system, connector.online(), clock=self._clock)

    def _pull(self, connector: Connector) -> None:
        if not self._due(connector.system):
            return
        if (folder := folder_of(self._config, connector.system)) is not None:
            keep = self._config.data_dir / "linked" / connector.system
            snapshot.take_dropped(self._database, connector, folder, keep, clock=self._clock)
        if connector.source is not None:
            tally = pulling.turn(self._database, connector, clock=self._clock)
            if tally:
                logger.info("%s: %s", connector.system, dict(tally))

    def _due(self, system: str) -> bool:
        with self._database.read() as session:
            how_far = state.read(session, system)
        pulled, every = how_far.pulled_at, timedelta(seconds=self._config.linked_pull_s)
        return how_far.cursor_at is not None or pulled is None or self._clock() - pulled >= every


_duties: dict[int, LinkedDuty] = {}


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One turn of the duty of this process. Effects: as :meth:`LinkedDuty.turn`."""
    del at
    duty = _duties.get(id(database))
    if duty is None:
        duty = _duties[id(database)] = LinkedDuty(config, database)
    duty.turn()
