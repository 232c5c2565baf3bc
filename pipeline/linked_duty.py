"""The standing duty towards the linked systems: send what waits, pull what changed, each system by itself.

A slow system holds up nobody: what is sent to it and what is read of it have threads of their own, and are left out
while their last turn goes on.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import httpx

from exchange.connectors import post, pulling, snapshot, state
from exchange.connectors.linked import Connector
from exchange.connectors.roster import SYSTEMS, connectors, folder_of
from exchange.connectors.source import open_client
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long a turn waits for its systems before it leaves them to themselves."""


class LinkedDuty:
    """What the linked systems need although nobody asks for it. One process does it, a turn at a time."""

    def __init__(self, config: Settings, database: Database, *, clock: Callable[[], datetime] = now) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._client: httpx.Client | None = None
        self._connectors: dict[str, Connector] = {}
        self._running: dict[str, Future[None]] = {}
        self._beside = ThreadPoolExecutor(2 * len(SYSTEMS), thread_name_prefix="linked")

    def turn(self, *, wait_s: float = WAIT_S) -> None:
        """Send and pull, with every system that is not at it already. Effects: as the modules of ``exchange``."""
        if self._client is None:
            self._client = open_client(self._config.linked_timeout_s)
            self._connectors = connectors(self._config, self._client)
        for system, connector in self._connectors.items():
            if connector.source is not None:
                self._begin(f"send {system}", self._send, connector)
            if connector.source is not None or folder_of(self._config, system) is not None:
                self._begin(f"pull {system}", self._pull, connector)
        wait(self._running.values(), timeout=wait_s)

    def close(self) -> None:
        """Let what is under way come to its end."""
        self._beside.shutdown()
        if self._client is not None:
            self._client.close()

    def _begin(self, name: str, work: Callable[[Connector], None], connector: Connector) -> None:
        last = self._running.get(name)
        if last is None or last.done():
            self._running[name] = self._beside.submit(self._try, name, work, connector)

    def _try(self, name: str, work: Callable[[Connector], None], connector: Connector) -> None:
        try:
            work(connector)
        except WangjianError as error:
            logger.warning("%s has to wait: %s (%s)", name, error.message, error.code)
        except Exception:
            logger.exception("%s failed", name)

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
