"""Alembic migrations; see ``kernel.schema`` for the way in."""
