"""The keeper's duties towards the evidence store: deletions ended, copies made, locks told, bytes hashed again.

They run beside the keeper's other duties, because a store may be slow. One turn hashes for a second at most.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evidence import copies, deletion, scrub, store_lock, stored_object, unknown_object
from evidence.errors import StoreError
from evidence.keys import ensure_keys
from evidence.store_pair import StorePair, open_pair
from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from pipeline.stage_scrub import WORK_FOLDER

logger = logging.getLogger(__name__)

SCRUB_SECONDS = 1.0
"""Hashing in one turn, so that a scrub takes at most a part of a machine."""
WALK_EVERY = timedelta(days=1)
RECHECK_EVERY = timedelta(minutes=10)
"""How often open findings are looked at again: somebody may have put the object back by hand."""


class StoreDuty:
    """What the store needs although nobody asks for it. One process does it, a turn at a time."""

    def __init__(self, config: Settings, database: Database) -> None:
        self._config = config
        self._database = database
        self._pair: StorePair | None = None
        self._walked_at: datetime | None = None
        self._rechecked_at: datetime | None = None

    def turn(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """One round. Effects: the stores; tables of evidence, ``stored_object``, ``scrub_finding``, ``deletion``."""
        with self._database.write() as session:
            stored_object.register(session, self._config.retention_years)
            idle = not stored_object.any_registered(session) and not deletion.unfinished(session)
        if idle:
            return  # a store that holds nothing is not opened: its client costs memory
        try:
            pair = self._pair = self._pair or open_pair(self._config)
            for duty in (self._erase, self._copy, self._tell, self._scrub, self._walk):
                if goes_on():
                    duty(pair, goes_on)
        except StoreError:
            self._pair = None  # opened anew next time
            raise

    def _erase(self, pair: StorePair, goes_on: Callable[[], bool]) -> None:
        with self._database.read() as session:
            waiting = deletion.unfinished(session)
        for evidence_id in waiting:
            if goes_on():
                finish_deletion(self._config, self._database, pair, evidence_id)

    def _copy(self, pair: StorePair, goes_on: Callable[[], bool]) -> None:
        copies.copy_waiting(self._database, pair, self._config.data_dir / WORK_FOLDER, clock=now, goes_on=goes_on)

    def _tell(self, pair: StorePair, goes_on: Callable[[], bool]) -> None:
        del goes_on
        store_lock.tell(self._database, pair)

    def _scrub(self, pair: StorePair, goes_on: Callable[[], bool]) -> None:
        begun, at = monotonic(), now()
        with self._database.read() as session:
            keys = self._again(session, at) + scrub.due(session, at, self._config.scrub_days)
        for key in keys:
            if not goes_on() or monotonic() - begun > SCRUB_SECONDS:
                return
            scrub.check_object(self._database, pair, key, at=now())

    def _again(self, session: Session, at: datetime) -> list[str]:
        if self._rechecked_at is not None and at - self._rechecked_at < RECHECK_EVERY:
            return []
        self._rechecked_at = at
        return scrub.open_keys(session)

    def _walk(self, pair: StorePair, goes_on: Callable[[], bool]) -> None:
        at = now()
        if self._walked_at is not None and at - self._walked_at < WALK_EVERY:
            return
        unknown_object.walk(self._database, pair, self._config.data_dir / WORK_FOLDER, at=at, goes_on=goes_on)
        if goes_on():
            self._walked_at = at

    def turn_or_log(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """As ``turn``; an expected error is logged, the next turn tries again."""
        try:
            self.turn(goes_on)
        except WangjianError as error:
            logger.warning("the evidence store has to wait: %s (%s)", error.message, error.code)


def finish_deletion(config: Settings, database: Database, pair: StorePair, evidence_id: str) -> bool:
    """Erase agreed evidence and sign its certificate; True when it is done.

    Effects: the stores; ``data_dir/packages``; tables ``deletion``, ``custody_event``, ``audit``.
    """
    signer = ensure_keys(config, now()).report
    return deletion.finish(database, pair, signer, evidence_id, copies=config.data_dir / "packages", clock=now)
