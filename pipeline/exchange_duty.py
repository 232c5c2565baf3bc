"""The standing duty of the exchange: seal and send, try again what waits for us, stamp the log, raise alarms."""

import logging
from datetime import datetime

from evidence.timestamp import Timestamper, open_timestampers
from exchange import alarm, batch_stamp, dead_letter, key_change
from exchange.errors import ExchangeError
from exchange.gateway import Gateway
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from pipeline.exchange_node import enter_cards, has_peers, open_gateway, open_key_folder, open_relay

logger = logging.getLogger(__name__)


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One turn; each part may fail without the others.

    Effects: calls to peers and to a timestamp service; tables of the exchange, ``notice``, ``audit``.
    """
    idle = not has_peers(database) and not dead_letter.anything_posted(database)
    if idle and not config.exchange_cards_dir:
        return
    gateway = open_gateway(config, database)
    try:
        enter_cards(config, database, gateway, at=at)
        open_relay(config, gateway).turn(at=at)
        _finish_keys(config, gateway, at)
        for stream_id in dead_letter.streams_to_try(database, config.exchange_retry_after_s, at=at):
            gateway.release(stream_id, at=at)
    except ExchangeError as error:
        logger.warning("the exchange has to wait: %s (%s)", error.message, error.code)
    _stamp(config, database, at)
    with database.write() as session:
        alarm.raise_alarms(session, backlog=config.exchange_stamp_backlog, at=at)


def _finish_keys(config: Settings, gateway: Gateway, at: datetime) -> None:
    """Sign with the next key once every peer knows it."""
    if gateway.keys.next_signing:
        key_change.finish_known(gateway.database, open_key_folder(config), at=at)


def _stamp(config: Settings, database: Database, at: datetime) -> None:
    """Off the hot path: no message waits for a timestamp."""
    if not config.tsa_urls or not batch_stamp.is_due(database, config.exchange_stamp_every_s, at=at):
        return
    services: tuple[Timestamper, ...] = ()
    try:
        services = open_timestampers(config)
        batch_stamp.stamp(database, services, at=at)
    except WangjianError as error:
        logger.warning("the exchange log was not timestamped: %s (%s)", error.message, error.code)
    finally:
        for service in services:
            service.client.close()
