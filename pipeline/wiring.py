"""Wiring: settings in, the parts that were chosen out."""

import logging
from importlib import import_module

from evidence.keys import ensure_keys
from evidence.log.errors import LogBusyError
from evidence.log.publisher import Publisher, open_publisher
from evidence.store import Store, open_store
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Base, Database
from kernel.errors import DatabaseUnavailableError, WangjianError
from kernel.revision import missing_columns, newest_revision, revision_of
from search.backend import open_search
from search.engine import Engine

logger = logging.getLogger(__name__)

SHOWN = 5
"""Columns that an error names."""


def open_database(settings: Settings) -> Database:
    """The database, with its schema brought up to date.

    Raises:
        DatabaseUnavailableError: it does not answer, or it is empty beside sealed packages or crawled pages: records
            are gone, and new ones would hide that; or another version made it, and this one cannot bring it up to date.
    """
    database = Database(settings.sqlalchemy_url())
    with database.answering(), database.engine.connect() as connection:
        revision = revision_of(connection)
    if not revision and (left := _left_behind(settings)):
        raise DatabaseUnavailableError(
            f"expected the records of {left} in {settings.sqlalchemy_url()}, got an empty database",
            hint="Restore the database from its backup; to begin anew choose another WANGJIAN_DATA_DIR.",
        )
    if revision > newest_revision():
        raise DatabaseUnavailableError(
            f"expected a database of revision {newest_revision()} or older, got {revision}",
            hint="A newer version of this program made it: install that one, or restore the backup of before.",
        )
    if revision != newest_revision():
        import_module("kernel.schema").upgrade(database)
    with database.answering(), database.engine.connect() as connection:
        missing = missing_columns(connection, Base.metadata)
    if missing:
        raise DatabaseUnavailableError(
            f"expected the tables of this version, the database lacks {', '.join(missing[:SHOWN])}",
            hint="An unreleased version made it, and there is no way from it to this one: keep that version for its "
            "data, and begin anew in another WANGJIAN_DATA_DIR.",
        )
    return database


def _left_behind(settings: Settings) -> str:
    """Something in the data directory that only records can explain, or nothing."""
    for pattern in ("evidence/[0-9a-f][0-9a-f]/*", "pages/*.warc.gz"):
        found = next(iter(settings.data_dir.glob(pattern)), None)
        if found is not None:
            return str(found)
    return ""


def open_log(settings: Settings, database: Database, *, asks_witnesses: bool = True) -> Publisher:
    """The publisher of this installation's log; close it when done.

    Args:
        asks_witnesses: without, it is good for ``check`` and ``newest`` alone.

    Raises:
        KeysError: keys are damaged. WitnessError: the settings name no usable witnesses.
    """
    key = ensure_keys(settings, now()).log
    return open_publisher(settings, database, key.name, key.private_key, asks_witnesses=asks_witnesses)


def check_log(settings: Settings, database: Database) -> None:
    """The quick audit of every start. A fault is recorded, stops sealing, and is told; other work goes on."""
    try:
        with open_log(settings, database, asks_witnesses=False) as publisher:
            publisher.check()
    except LogBusyError:
        logger.info("the log is being published, and so checked, by another process")
    except DatabaseUnavailableError:
        raise
    except WangjianError as error:
        logger.error("%s (%s) → %s", error.message, error.code, error.hint)  # noqa: TRY400 - expected, told whole


def open_engine(settings: Settings) -> Engine:
    """The search engine the settings name; close it when done."""
    return open_search(settings)


def open_evidence_store(settings: Settings) -> Store:
    """The evidence store, with this installation's keys made when there are none."""
    ensure_keys(settings, now())
    return open_store(settings)
