"""Statements that are asked again and again: worked out once, and on SQLite handed straight to the driver.

The driver answers in some ten microseconds; the way to it through session, statement and result takes ten times as
long. Where every message has a transaction of its own that is most of what a message costs. On PostgreSQL, where the
network is in between, the same statement goes the usual way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from kernel.db import Database, driver_error

Encode = Callable[[Any], Any]
_DRIVER = "wangjian_driver"


class _Way:
    """A statement for lists of certain lengths, as the driver takes it.

    Attributes:
        text: SQL. slots: for each parameter the name of the value, its place in a list of values or -1, how it is
            encoded, and the value itself where the statement has it.
    """

    def __init__(self, statement: Any, dialect: Dialect, lengths: tuple[tuple[str, int], ...]) -> None:
        sizes = dict(lengths)
        compiled = statement.compile(dialect=dialect)
        binds: Any = compiled.binds
        lacking = [*compiled.insert_prefetch, *compiled.update_prefetch]
        if lacking:
            names = ", ".join(column.name for column in lacking)
            raise LookupError(f"expected a value for each column that the model fills in, got none for {names}")
        needed = {name: [None] * sizes[name] if bind.expanding else None
                  for name, bind in binds.items() if bind.required}  # fmt: skip
        state = compiled.construct_expanded_state(needed)
        self.text = state.statement
        self.slots = [_slot(name, binds, needed, dialect) for name in state.positiontup or ()]

    def values(self, given: dict[str, Any]) -> list[Any]:
        """What the driver gets."""
        return [
            fixed if name is None else _encoded(given[name] if place < 0 else given[name][place], encode)
            for name, place, encode, fixed in self.slots
        ]


def _encoded(value: Any, encode: Encode | None) -> Any:
    return value if encode is None else encode(value)


def _slot(
    written: str, binds: Any, needed: dict[str, Any], dialect: Dialect
) -> tuple[str | None, int, Encode | None, Any]:
    name, place = written, -1
    if written not in binds:
        name, _, number = written.rpartition("_")
        place = int(number) - 1
    bind = binds[name]
    encode = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if name in needed:
        return name, place, encode, None
    return None, -1, None, _encoded(bind.value if place < 0 else bind.value[place], encode)


def _row_kind(names: Sequence[str]) -> Any:
    """Rows are read by name, as those of SQLAlchemy are."""
    return namedtuple("PreparedRow", names)  # noqa: PYI024 - made of any statement, so nothing is known of its types


class Prepared:
    """One statement with named parameters (``bindparam``); lists are parameters that expand.

    Args:
        statement: a SELECT, UPDATE, or INSERT with its values; of columns of tables, not of mapped classes.
    """

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        self._statement: Any = statement
        self._columns = list(statement.exported_columns)
        self._row = _row_kind([str(column.key) for column in self._columns])
        binds = self._statement.compile().binds
        self._expanding = tuple(sorted(name for name, bind in binds.items() if bind.required and bind.expanding))
        self._way = lru_cache(maxsize=512)(_Way)
        self._decoders = lru_cache(maxsize=4)(self._decode)

    def rows(self, session: Session, **given: Any) -> list[Any]:
        """All rows, with their columns as attributes; nothing that waits in the session is written before."""
        return list(self.each(session, **given))

    def each(self, session: Session, **given: Any) -> Iterator[Any]:
        """The rows one after the other, so that a reader may stop before all were read."""
        driver = _driver_of(session)
        if driver is None:
            found: Any = session.execute(self._statement, given)
            yield from found if found.returns_rows else ()
        else:
            yield from self._asked(driver, session.get_bind().dialect, given)

    def run(self, session: Session, **given: Any) -> None:
        """Do what it says, and look at no rows."""
        self.rows(session, **given)

    def first(self, session: Session, **given: Any) -> Any:
        """The first row, or None; there may be more only where the statement says how many at most."""
        return next(iter(self.rows(session, **given)), None)

    def alone(self, database: Database, **given: Any) -> list[Any]:
        """All rows of a SELECT that is a transaction of its own, and so sees one state of the records."""
        dialect = database.engine.dialect
        if not isinstance(dialect, SQLiteDialect):
            with database.read() as session:
                return self.rows(session, **given)
        with database.answering():
            connection = database.engine.raw_connection()
            try:
                return list(self._asked(connection.driver_connection, dialect, given))
            finally:
                connection.close()

    def _asked(self, driver: Any, dialect: Dialect, given: dict[str, Any]) -> Iterator[Any]:
        lengths = tuple((name, len(given[name])) for name in self._expanding)
        way = self._way(self._statement, dialect, lengths)
        values = way.values(given)
        decoders = self._decoders(dialect)
        try:
            for found in driver.execute(way.text, values):
                row = list(found)
                for place, decode in decoders:
                    row[place] = decode(row[place])
                yield self._row._make(row)
        except dialect.loaded_dbapi.Error as error:
            raise driver_error(way.text, values, error, dialect) from error

    def _decode(self, dialect: Dialect) -> Sequence[tuple[int, Encode]]:
        found = []
        for place, column in enumerate(self._columns):
            decode = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if decode is not None:
                found.append((place, decode))
        return found


def run_many(session: Session, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement that is written for the driver, once a row."""
    driver = _driver_of(session)
    if driver is None:
        session.connection().exec_driver_sql(text, [tuple(row) for row in rows])
        return
    dialect = session.get_bind().dialect
    try:
        if len(rows) == 1:
            driver.execute(text, rows[0])
        else:
            driver.executemany(text, rows)
    except dialect.loaded_dbapi.Error as error:
        raise driver_error(text, rows, error, dialect) from error


def _driver_of(session: Session) -> Any:
    """The driver's connection of the transaction that a session is in; None where it is not SQLite's."""
    whole, seen = session.get_transaction(), session.info.get(_DRIVER)
    # A transaction that failed is refused by the session, as with every other statement.
    if seen is not None and whole is not None and seen[0] is whole and session.is_active:
        return seen[1]
    connection = session.connection()
    driver = connection.connection.driver_connection if isinstance(connection.dialect, SQLiteDialect) else None
    session.info[_DRIVER] = session.get_transaction(), driver
    return driver
