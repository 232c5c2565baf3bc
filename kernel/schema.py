"""The database schema: bring it up to date, and check that it is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import kernel.models  # noqa: F401 - registers every table
from kernel.db import Base, Database
from kernel.revision import MIGRATIONS


def alembic_config(connection: Connection) -> Config:
    """An Alembic configuration that works on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[None]:
    """On SQLite two processes must not migrate at once; PostgreSQL has transactional DDL."""
    path = database.engine.url.database
    if database.engine.url.get_backend_name() != "sqlite" or not path:
        yield
        return
    with Path(f"{path}.migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; nothing happens when it is there.

    Raises:
        DatabaseUnavailableError: the database does not answer.

    Effects: all tables.
    """
    with _one_at_a_time(database), database.answering(), database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")


def differences(database: Database) -> list[object]:
    """What the models have that the database has not, and the other way round."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))
