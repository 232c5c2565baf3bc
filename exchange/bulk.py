"""Many rows changed at once, past the unit of work: messages come by the thousand."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session


def change(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their ``id``; every row gives the same columns.

    Effects: the table.
    """
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    statement = update(table).where(table.c.id == bindparam("of_id"))
    statement = statement.values({name: bindparam(f"to_{name}") for name in names})
    values = [{"of_id": row["id"], **{f"to_{name}": row[name] for name in names}} for row in rows]
    session.connection().execute(statement, values)
