"""The standing duty towards merchants: sites looked at again, changes of the registry drawn out, terms ended.

A turn does a little and ends: what is not done comes first in the next one. The network is asked without a transaction.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from identity_verify import badge_holding, recheck
from identity_verify.application import any_application
from identity_verify.badge_keys import BadgeKeys, open_keys
from identity_verify.control import Fetcher, Outcome
from identity_verify.errors import ApplicationUnknownError
from identity_verify.proving import see, settle
from identity_verify.recheck import Due
from identity_verify.site_claims import challenge_of, held_claim
from kernel.clock import monotonic
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Application
from pipeline.merchant_shops import crawl_due
from pipeline.probe import Probe

logger = logging.getLogger(__name__)
TURN_SECONDS = 20.0
BATCH = 50


class Rechecks:
    """Looks again at what is due.

    Args:
        database: open records. keys: of the badge issuer. fetcher: the way out. delegate: as in the settings.
    """

    def __init__(self, database: Database, keys: BadgeKeys, fetcher: Fetcher, delegate: str) -> None:
        self._database = database
        self._keys = keys
        self._fetcher = fetcher
        self._delegate = delegate

    def turn(self, at: datetime) -> int:
        """One round; how many sites were looked at.

        Effects: connections to merchants' sites; tables of applications and badges.
        """
        begun = monotonic()
        self._each(recheck.changed_subjects, self._take_change, at)
        self._each(lambda session, limit: recheck.overdue(session, at=at, limit=limit), self._expire, at)
        with self._database.write() as session:
            crawl_due(session, at=at, limit=BATCH)
        with self._database.read() as session:
            due = recheck.due_claims(session, at=at, limit=BATCH)
        looked = 0
        for item in due:
            if monotonic() - begun > TURN_SECONDS:
                break
            try:
                self.look(item, at)
            except WangjianError as error:
                logger.warning("site %s has to wait: %s (%s)", item.claim_id, error.message, error.code)
            looked += 1
        return looked

    def _each(
        self,
        find: Callable[..., list[int]],
        work: Callable[[Session, Application, datetime], None],
        at: datetime,
    ) -> None:
        with self._database.read() as session:
            found = find(session, limit=BATCH)
        for application_id in found:
            try:
                with self._database.write() as session:
                    work(session, any_application(session, application_id, lock=True), at)
            except WangjianError as error:
                logger.warning("application %s has to wait: %s (%s)", application_id, error.message, error.code)

    def _take_change(self, session: Session, application: Application, at: datetime) -> None:
        recheck.take_change(session, self._keys, application, at=at)

    def _expire(self, session: Session, application: Application, at: datetime) -> None:
        badge_holding.expire(session, self._keys, application, actor=recheck.ACTOR, at=at)

    def look(self, due: Due, at: datetime, *, occasion: str = "probe") -> Outcome | None:
        """Look at one site, by each method that ever proved it until one does; None when it is gone meanwhile.

        Effects: connections to that site; tables of applications and badges.
        """
        try:
            with self._database.read() as session:
                claim = held_claim(session, due.application_id, due.claim_id)
                challenge = challenge_of(claim, self._delegate)
        except ApplicationUnknownError:
            return None
        first: Outcome | None = None
        for method in due.methods:
            seen = see(method, challenge, self._fetcher, at=at)
            with self._database.write() as session:
                application = any_application(session, due.application_id, lock=True)
                claim = held_claim(session, due.application_id, due.claim_id, lock=True)
                outcome = settle(
                    session, application, claim, method, seen, delegate=self._delegate, occasion=occasion, at=at
                )
                last = outcome.ok or method == due.methods[-1]
                if last:
                    # The verdict is about the method that counts; the others only had the chance to take its place.
                    verdict = outcome if outcome.ok else first or outcome
                    recheck.weigh(session, self._keys, application, claim, verdict, at=at)
            first = first or outcome
            if outcome.ok:
                return outcome
        return first


def rechecks_of(config: Settings, database: Database, fetcher: Fetcher | None = None) -> Rechecks:
    """The duty with the parts that the settings name."""
    return Rechecks(database, open_keys(config), fetcher or Probe(config), config.identity_delegate)


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One round with the settings' way out. Effects: as :meth:`Rechecks.turn`."""
    rechecks_of(config, database).turn(at)
