"""Servers for contract tests: a real PostgreSQL and a real Elasticsearch, started here."""

import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from kernel.db import Database
from kernel.schema import upgrade
from tests.servers.elasticsearch.launcher import elasticsearch_node, shared_folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL server of this test run (under a user of its own where we are root)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR as it is imported
        pgserver = import_module("pgserver")
    folder = Path(tempfile.mkdtemp(prefix="wj-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    yield url.render_as_string(hide_password=False)
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'contract.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql"))
    name = f"contract_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def any_database(database_url: str) -> Iterator[Database]:
    """A database with the newest schema, once for each kind."""
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Elasticsearch node, one for the whole run (all workers of it)."""
    with elasticsearch_node(shared_folder(tmp_path_factory.getbasetemp())) as url:
        yield url
