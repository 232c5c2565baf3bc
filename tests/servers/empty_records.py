"""An empty database file with the newest schema, migrated once a process: that takes longer than most tests."""

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from kernel.db import Database
from kernel.schema import upgrade


@lru_cache(maxsize=1)
def _made() -> Path:
    path = Path(tempfile.mkdtemp(prefix="records-")) / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    atexit.register(shutil.rmtree, path.parent)
    return path


def open_records(path: Path) -> Database:
    """New records in a file that is not there yet; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_made(), path)
    return Database(f"sqlite:///{path}")
