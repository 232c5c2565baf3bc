"""Engine, sessions and column types. SQLite in WAL mode by default, PostgreSQL by URL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from kernel.errors import ClockError, DatabaseUnavailableError

SQLITE_BUSY_SECONDS = 30.0
# Any number will do that nothing else locks: the first eight bytes of SHA-256("wangjian log").
_CHAINS = -4_876_787_318_078_134_217
"""How long a writer waits for another one; ``?timeout=`` in the URL says otherwise."""
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A time that goes in aware and comes out aware, UTC, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """As the base makes it, but a time that stands in row after row is written out once."""
        whole = super().bind_processor(dialect)
        last: tuple[datetime | None, Any] = (None, None)

        def process(value: datetime | None) -> Any:
            nonlocal last
            seen, written = last
            if value is None or value is not seen:
                written = whole(value) if whole else value
                last = value, written
            return written

        return process

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ClockError(f"expected a time with a zone, got {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives back naive values: they are UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)


def _sqlite_on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    # Transactions are begun by us (see _sqlite_begin): the driver would begin them too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _json(value: object) -> str:
    """JSON of a column; most are empty, and making an encoder for those would be most of the work."""
    if not value and isinstance(value, list | dict):
        return "[]" if isinstance(value, list) else "{}"
    return json.dumps(value)


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL.

    SQLite is opened with WAL, full synchronisation and foreign keys. Writers should use
    :func:`write_session`, which takes the write lock at once, so that two writers wait for
    one another instead of failing half-way.

    Effects: makes the folder of a SQLite file.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, json_serializer=_json)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, json_serializer=_json, connect_args={"timeout": _patience(parsed)})
    event.listen(engine, "connect", _sqlite_on_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def driver_error(text: str, values: Any, error: Exception, dialect: Dialect) -> DBAPIError:
    """A driver's error as everybody expects it: of SQLAlchemy's kind, for statements that went straight to the driver.

    Args:
        text: SQL. values: its parameters.
    """
    wrapped = DBAPIError.instance(text, values, error, dialect.loaded_dbapi.Error, dialect=dialect)
    return wrapped if isinstance(wrapped, DBAPIError) else DBAPIError(text, values, error)


def _sqlite_begin(connection: Connection) -> None:
    """Begin as the session asks. Straight by the driver: it is done once for every transaction."""
    statement = "BEGIN IMMEDIATE" if connection.get_execution_options().get("wangjian_write") else "BEGIN"
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(statement)
    except connection.dialect.loaded_dbapi.Error as error:
        raise driver_error(statement, (), error, connection.dialect) from error


def _patience(url: URL) -> float:
    """Seconds that a writer waits for another one."""
    return float(str(url.query.get("timeout", SQLITE_BUSY_SECONDS)))


class Database:
    """An engine with its two kinds of session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(wangjian_write=True), expire_on_commit=False)
        self._file = _file_of(self.engine)
        self._writing = Lock() if self.engine.url.get_backend_name() == "sqlite" else None
        self._inode = 0

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that is rolled back at the end; what was loaded stays readable."""
        with self._session(self._read) as session:
            yield session
            session.expunge_all()
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when an error leaves the block."""
        # What a session needs before and after its transaction is not done while others wait for their turn.
        with self._session(self._write) as session, self._turn(), session.begin():
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let the writers of this process follow one another at once; SQLite would let them sleep and ask again.

        Whoever waits too long goes on and is told by SQLite. A session may end in another thread than it began in.
        """
        if self._writing is None or not self._writing.acquire(timeout=_patience(self.engine.url)):
            yield
            return
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _session(self, maker: sessionmaker[Session]) -> Iterator[Session]:
        with self.answering(), maker() as session:
            yield session

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Name a database that does not answer.

        Raises:
            DatabaseUnavailableError: it is gone, locked for too long, or without room.
        """
        self._require_same_file()
        try:
            yield
        except DBAPIError as error:
            if error.connection_invalidated or _is_unavailable(error):
                raise DatabaseUnavailableError(
                    f"expected the database to answer, got: {error.orig}",
                    hint="Check that the disk has room and the database is running; nothing was half-written.",
                ) from error
            raise

    def _require_same_file(self) -> None:
        """SQLite goes on writing into a file that was deleted or replaced: into nowhere."""
        if self._file is None:
            return
        inode = self._file.stat().st_ino if self._file.exists() else 0
        # A new file beside an old log would make SQLite throw the log away, and with it what was committed.
        orphaned = not inode and self._file.with_name(f"{self._file.name}-wal").exists()
        if orphaned or (self._inode and inode != self._inode):
            raise DatabaseUnavailableError(
                f"expected the database {self._file}, got another file or none",
                hint="Put the file back (or a backup of it), then give the same command again.",
            )
        self._inode = inode

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _file_of(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.url.get_backend_name() != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name)


def _is_unavailable(error: DBAPIError) -> bool:
    # psycopg's operational errors are about the server (stopped, starting, unreachable), SQLite's are about much more.
    if isinstance(error, OperationalError) and not type(error.orig).__module__.startswith("sqlite3"):
        return True
    text = str(error.orig).lower()
    marks = ("locked", "unable to open", "disk is full", "disk i/o", "readonly", "no such table", "connection refused")
    return any(mark in text for mark in marks)


def one_writer(session: Session) -> None:
    """Let writers of chains pass one at a time, until the end of the transaction.

    One lock for all chains, so that the order in which a transaction writes into them cannot lead to a deadlock. A
    lock on a chain's last row would not do: who waited for it sees that row again, and not the one that came after
    it. On SQLite a write session holds the write lock already.

    Args:
        session: a write session.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CHAINS})
