"""Once a day, sealed evidence that would lose its proof of time is stamped anew."""

import logging
from datetime import datetime

from kernel.config import Settings
from kernel.db import Database
from pipeline.exporting import Desk
from pipeline.renewing import renew_stored
from pipeline.wiring import open_evidence_store

logger = logging.getLogger(__name__)

ACTOR = "system:keeper"


def turn(config: Settings, database: Database, at: datetime) -> None:
    """Renew what is due.

    Effects: new versions in the evidence store; tables ``evidence``, ``custody_event``, ``audit``.
    """
    desk = Desk(config, database, open_evidence_store(config))
    for name, key in renew_stored(desk, actor=ACTOR, at=at):
        logger.info("evidence %s was renewed: %s", name, key)
