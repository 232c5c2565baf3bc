"""Once a day the whole witnessed log is checked: an old leaf that was changed shows only so."""

import logging
from datetime import datetime

from evidence.log import faults
from evidence.log.audit import Audit
from kernel import audit
from kernel.config import Settings
from kernel.db import Database
from pipeline.wiring import open_log

logger = logging.getLogger(__name__)

ACTOR = "system:keeper"


def audit_log(config: Settings, database: Database, *, actor: str, at: datetime) -> tuple[Audit, int]:
    """Check every leaf, tile, checkpoint and custody event, and ask the witnesses.

    Args:
        actor: user name, or ``system:…``. at: our time, aware UTC.

    Returns:
        what was found, and how many faults stay open.

    Raises:
        LogFaultError (its kinds): the log was changed, forked or rewound; recorded, and stops sealing.

    Effects: tables ``log_fault``, ``audit``; damaged tiles are written anew.
    """
    asks = len(config.witness_urls) >= config.witness_quorum
    with open_log(config, database, asks_witnesses=asks) as publisher:
        found = publisher.audit()
    with database.write() as session:
        detail = {"size": found.tree.size, "root": found.tree.root.hex(), "closed": found.closed}
        audit.append(session, actor=actor, action="log.audit", object_type="log", detail=detail, at=at)
        return found, len(faults.open_faults(session))


def turn(config: Settings, database: Database, at: datetime) -> None:
    """Check the log. A fault is recorded, stops sealing, and is told.

    Effects: as of :func:`audit_log`.
    """
    found, still = audit_log(config, database, actor=ACTOR, at=at)
    logger.info("the log is whole: %s entries; faults that stay open: %s", found.tree.size, still)
