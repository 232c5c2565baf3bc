"""Alembic environment: runs on the connection that ``kernel.schema`` hands over."""

from alembic import context
from sqlalchemy import Connection

import kernel.models  # noqa: F401 - registers every table
from kernel.db import Base

connection = context.config.attributes["connection"]
if not isinstance(connection, Connection):
    raise TypeError(f"expected a database connection, got {type(connection).__name__}")
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
