"""The bell of commits without a database (with one: tests/contract/test_commit_bell.py)."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from kernel.commit_bell import CommitBell
from kernel.db import Database


def test_a_database_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    """Nothing is raised; when it is there, the bell listens to it."""
    folder = tmp_path / "gone"
    database = Database(f"sqlite:///{folder / 'x.db'}")
    folder.rmdir()
    with CommitBell(database, "wangjian_test") as bell:
        assert not bell.wait(0.05, Event())
        folder.mkdir()
        assert not bell.wait(0.05, Event())
        with database.write() as session:
            session.connection().exec_driver_sql("CREATE TABLE t (n INTEGER)")
        assert bell.wait(30, Event())
    database.close()


def test_the_connection_is_not_given_back_listening(tmp_path: Path) -> None:
    """It is closed, so that nobody else takes it."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with CommitBell(database, "wangjian_test") as bell:
        heard = bell._raw
    with closing(database.engine.raw_connection()) as other:
        assert other.driver_connection is not heard
    with pytest.raises(sqlite3.ProgrammingError):
        heard.execute("SELECT 1")
    database.close()
