"""Rows written in bulk, the same way on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Insert, insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session


def dialect_insert(session: Session, model: type[object]) -> Insert:
    """An INSERT that leaves rows alone which are there already, on SQLite and PostgreSQL."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql_insert(model).on_conflict_do_nothing()
    return sqlite_insert(model).on_conflict_do_nothing()


def insert_rows(session: Session, model: type[object], rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Insert rows and give their ids in the same order."""
    if not rows:
        return []
    result = session.execute(
        insert(model).returning(model.id, sort_by_parameter_order=True),  # type: ignore[attr-defined]
        [dict(row) for row in rows],
    )
    return [int(value) for value in result.scalars()]
