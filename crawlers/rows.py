"""Rows written in bulk, the same way on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Insert, Table, bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kernel.db import Base


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that go past the unit of work."""
    return cast("Table", model.__table__)


def dialect_insert(session: Session, model: type[Base]) -> Insert:
    """An INSERT that leaves rows alone which are there already, on SQLite and PostgreSQL."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql_insert(table_of(model)).on_conflict_do_nothing()
    return sqlite_insert(table_of(model)).on_conflict_do_nothing()


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows in one statement; nothing for none."""
    if rows:
        session.execute(insert(table_of(model)), [dict(row) for row in rows])


def insert_numbered(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Insert rows and give their ids in the same order."""
    if not rows:
        return []
    table = table_of(model)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(value) for value in session.execute(statement, [dict(row) for row in rows]).scalars()]


def update_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Update rows by ``id``; every mapping has the same keys."""
    if not rows:
        return
    table = table_of(model)
    names = [name for name in rows[0] if name != "id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    session.execute(statement, [{"row_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows])
