"""What a database lacks of the tables of this version, on SQLite and PostgreSQL."""

from sqlalchemy import Column, Integer, MetaData, Table

from kernel.db import Base, Database
from kernel.revision import missing_columns


def test_columns_that_are_missing_are_named(any_database: Database) -> None:
    """None in a new database; and each that is not there, of tables that are there and of others."""
    other = MetaData()
    Table("shop", other, Column("id", Integer), Column("later", Integer))
    Table("later", other, Column("id", Integer))
    with any_database.engine.connect() as connection:
        assert missing_columns(connection, Base.metadata) == []
        assert missing_columns(connection, other) == ["later.id", "shop.later"]
