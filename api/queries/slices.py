"""A slice of a long list: rows, how many there are in all, and where the next slice begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """Part of a list, newest first.

    Attributes:
        total: rows in the whole list under the same filter and scope.
        next_before: give it as ``before`` for the next slice; None at the end.
    """

    rows: tuple[Row, ...]
    total: int
    next_before: str | None


def narrowed(query: Query, *wanted: tuple[InstrumentedAttribute[Any], object]) -> Query:
    """A query for the rows whose columns have these values; an empty value asks for nothing."""
    return query.where(*(column == value for column, value in wanted if value))


def cut(
    session: Session,
    query: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[Any],
    *,
    before: Any | None,
    limit: int,
) -> tuple[Sequence[Any], int, str | None]:
    """Run a query as one slice, keyed on a unique column, newest first.

    Returns:
        result rows (tuples), total, next ``before``.
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    total = session.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    if before is not None:
        query = query.where(key < before)
    rows = session.execute(query.order_by(key.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    last = str(getattr(rows[-1][0], key.key)) if more else None
    return rows, total, last


def counts(session: Session, column: InstrumentedAttribute[str], *conditions: ColumnElement[bool]) -> dict[str, int]:
    """How many rows there are of each value of a column, largest first."""
    number = func.count().label("number")
    query = select(column, number).where(*conditions).group_by(column).order_by(number.desc(), column)
    return {str(value): int(count) for value, count in session.execute(query).all()}
