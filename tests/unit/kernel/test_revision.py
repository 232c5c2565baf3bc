"""The revision of program and database."""

from pathlib import Path

from alembic.script import ScriptDirectory

from kernel.db import Database
from kernel.revision import newest_revision, revision_of
from kernel.schema import alembic_config, upgrade


def test_the_newest_is_the_head_of_the_migrations(tmp_path: Path) -> None:
    """What the file names say is what the migrations themselves say; a database has it when it was brought there."""
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.engine.connect() as connection:
        assert newest_revision() == ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        assert revision_of(connection) == ""
    upgrade(database)
    with database.engine.connect() as connection:
        assert revision_of(connection) == newest_revision()
    database.close()
