"""The daily reconciliation: every stream of ours with every peer, once a day, and again when rows moved meanwhile."""

import logging
from datetime import datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.gateway import Gateway
from exchange.reconcile import correspondence, record, streams
from exchange.reconcile.run import begin, work
from kernel.clock import CHINA, as_utc
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Reconciliation
from pipeline.exchange_node import has_peers, open_gateway

logger = logging.getLogger(__name__)
ROUNDS = 5
"""How often one data set is compared on one day when rows move meanwhile."""


def turn(config: Settings, database: Database, at: datetime) -> None:
    """Begin what is due today and work on what peers sent.

    Effects: tables of reconciliations, ``notice``, ``audit``; the outbox.
    """
    if not has_peers(database):
        return
    begin_due(open_gateway(config, database), at=at)
    work(database, correspondence.open_desk(open_gateway(config, database), at=at), at=at)


def begin_due(gateway: Gateway, *, at: datetime) -> int:
    """Ask for the comparisons of today that were not asked for yet, or whose rows moved; how many.

    What is compared is what there was when the day began in China.

    Effects: tables ``reconciliation``, ``audit``; the outbox.
    """
    today = as_utc(at).astimezone(CHINA).date()
    midnight = as_utc(datetime.combine(today, time(0), CHINA))
    desk = correspondence.open_desk(gateway, at=at)
    with gateway.database.read() as session:
        wanted = [
            (peer, data_set, day)
            for peer, data_set in streams.shared(session, desk.me)
            if (day := _day(session, peer, data_set, today.isoformat()))
        ]
    for peer, data_set, day in wanted:
        try:
            begin(gateway.database, desk, peer, data_set, day=day, before=midnight, at=at)
        except WangjianError as error:
            logger.warning("%s is not compared with %s: %s (%s)", data_set, peer, error.message, error.code)
    return len(wanted)


def _day(session: Session, peer: str, data_set: str, today: str) -> str:
    """The name of the next comparison today: the day, then ``.2`` and so on; empty when none is needed."""
    mine = (Reconciliation.peer == peer, Reconciliation.data_set == data_set, Reconciliation.role == record.ASKER)
    rows = select(Reconciliation.state, func.count()).where(
        *mine, Reconciliation.day.startswith(today, autoescape=True)
    )
    states = {row[0]: row[1] for row in session.execute(rows.group_by(Reconciliation.state))}
    if not states:
        return today
    if set(states) != {record.FAILED} or states[record.FAILED] >= ROUNDS:
        return ""
    return f"{today}.{states[record.FAILED] + 1}"
