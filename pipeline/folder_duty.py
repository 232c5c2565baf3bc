"""The standing duty at shared folders: what goes out is put there, what came is taken and answered."""

from datetime import datetime

from exchange.folder_line import turn_folders
from kernel.config import Settings
from kernel.db import Database
from pipeline.exchange_node import has_peers, open_gateway


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One round at every folder. Effects: as of ``exchange.folder_line.turn_folders``."""
    if has_peers(database):
        turn_folders(open_gateway(config, database), at=at, max_tries=config.exchange_max_tries)
