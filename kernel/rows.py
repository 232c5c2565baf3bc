"""Rows written in bulk, the same way on SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from sqlalchemy import Dialect, Insert, Table, Update, bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kernel.db import Base
from kernel.prepared import run_many


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that go past the unit of work."""
    return cast("Table", model.__table__)


def dialect_insert(session: Session, model: type[Base]) -> Insert:
    """An INSERT that leaves rows alone which are there already, on SQLite and PostgreSQL."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql_insert(table_of(model)).on_conflict_do_nothing()
    return sqlite_insert(table_of(model)).on_conflict_do_nothing()


class _Plan(NamedTuple):
    """A statement as the driver takes it: its text, the columns in the order it wants them, how each is encoded."""

    text: str
    names: tuple[str, ...]
    encoders: tuple[Callable[[object], object] | None, ...]


def _many(session: Session, plan: _Plan, rows: Sequence[Mapping[str, object]]) -> None:
    """Run a planned statement once a row. Column by column: whole groups of rows share a time or a page."""
    if len(rows) == 1:
        row = rows[0]
        pairs = zip(plan.names, plan.encoders, strict=True)
        run_many(session, plan.text, [[row[name] if encode is None else encode(row[name]) for name, encode in pairs]])
        return
    columns = [
        _encoded([row[name] for row in rows], encoder) for name, encoder in zip(plan.names, plan.encoders, strict=True)
    ]
    run_many(session, plan.text, list(zip(*columns, strict=True)))


def _encoded(values: list[object], encoder: Callable[[object], object] | None) -> list[object]:
    if encoder is None:
        return values
    last: object = values[0]
    done = encoder(last)
    found = []
    for value in values:
        if value is not last:
            last, done = value, encoder(value)
        found.append(done)
    return found


def _plan(dialect: Dialect, table: Table, statement: Insert | Update, wanted: Mapping[str, str]) -> _Plan | None:
    """The plan of a statement; None where the driver takes no plain tuples, or the statement fills in more.

    Args:
        wanted: column by the name of its parameter in the statement.
    """
    keys = list(wanted) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    places = compiled.positiontup or ()
    if dialect.paramstyle != "qmark" or set(places) != set(wanted):
        return None
    names = tuple(wanted[name] for name in places)
    encoders = tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)
    return _Plan(str(compiled), names, encoders)


@lru_cache(maxsize=64)
def _insert_plan(dialect: Dialect, table: Table, names: tuple[str, ...]) -> _Plan | None:
    return _plan(dialect, table, insert(table), {name: name for name in names})


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows in one statement; nothing for none. Every mapping has the same keys."""
    if not rows:
        return
    table = table_of(model)
    plan = _insert_plan(session.get_bind().dialect, table, tuple(rows[0]))
    if plan is None:
        session.execute(insert(table), [dict(row) for row in rows])
    else:
        _many(session, plan, rows)


def insert_numbered(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Insert rows and give their ids in the same order."""
    if not rows:
        return []
    table = table_of(model)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(value) for value in session.execute(statement, [dict(row) for row in rows]).scalars()]


@lru_cache(maxsize=64)
def _update_plan(dialect: Dialect, table: Table, names: tuple[str, ...]) -> _Plan | None:
    wanted = {"row_id": "id", **{f"new_{name}": name for name in names}}
    return _plan(dialect, table, _update(table, names), wanted)


def _update(table: Table, names: Sequence[str]) -> Update:
    new = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(table.c.id == bindparam("row_id")).values(new)


def update_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Update rows by ``id``; every mapping has the same keys."""
    if not rows:
        return
    table = table_of(model)
    names = tuple(name for name in rows[0] if name != "id")
    plan = _update_plan(session.get_bind().dialect, table, names)
    if plan is None:
        changes = [{"row_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
        session.execute(_update(table, names), changes)
    else:
        _many(session, plan, rows)
