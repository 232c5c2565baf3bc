"""Wiring: settings in, the parts that were chosen out."""

from evidence.keys import ensure_keys
from evidence.store import Store, open_store
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.schema import upgrade
from search.backend import open_search
from search.engine import Engine


def open_database(settings: Settings) -> Database:
    """The database, with its schema brought up to date."""
    database = Database(settings.sqlalchemy_url())
    upgrade(database)
    return database


def open_engine(settings: Settings) -> Engine:
    """The search engine the settings name; close it when done."""
    return open_search(settings)


def open_evidence_store(settings: Settings) -> Store:
    """The evidence store, with this installation's keys made when there are none."""
    ensure_keys(settings, now())
    return open_store(settings)
