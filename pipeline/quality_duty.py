"""The standing duty of data quality: messages as they come, all stored rows once a day."""

import logging
from datetime import datetime

from exchange.quality import standing
from kernel.config import Settings
from kernel.db import Database

logger = logging.getLogger(__name__)


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One turn.

    Effects: tables ``quality_run``, ``quality_finding``, ``notice``, ``audit``.
    """
    del config
    count = standing.read_messages(database, at=at)
    looked = standing.night(database, at=at)
    if count or looked:
        logger.info("quality: %d messages, data sets %s", count, ", ".join(looked) or "-")
