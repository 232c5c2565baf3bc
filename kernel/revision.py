"""The revision of a database and of this program, without what brings one to the other: that is 12 MB."""

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def newest_revision() -> str:
    """The revision this program works with: the highest number among the files of migrations."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def revision_of(connection: Connection) -> str:
    """The revision of a database; empty when it has no tables of ours yet."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


COLUMNS = {
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema()",
}


def missing_columns(connection: Connection, tables: MetaData) -> list[str]:
    """Columns that this program works with and the database lacks, as ``table.column`` in order.

    A database of an unreleased version may bear our newest revision and still have been made by other steps.
    """
    there = {tuple(row) for row in connection.execute(text(COLUMNS[connection.dialect.name]))}
    wanted = ((table.name, column.name) for table in tables.tables.values() for column in table.columns)
    return sorted(".".join(pair) for pair in wanted if pair not in there)
