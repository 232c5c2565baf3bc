"""Records that are gone are not replaced by new ones."""

from pathlib import Path

import pytest
from sqlalchemy import text

from kernel.config import Settings
from kernel.errors import DatabaseUnavailableError
from pipeline.wiring import open_database


def test_a_new_installation(config: Settings) -> None:
    """An empty data directory gets its schema, twice without harm."""
    for _ in range(2):
        open_database(config).close()


@pytest.mark.parametrize("name", ["evidence/ab/abcd", "pages/crawl-1.warc.gz"])
def test_an_empty_database_beside_what_it_should_know(config: Settings, name: str) -> None:
    """Packages or pages without records: refused, with the way out."""
    path = config.data_dir / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    with pytest.raises(DatabaseUnavailableError, match="empty database") as caught:
        open_database(config)
    assert "backup" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER TABLE shop RENAME COLUMN platform TO before", "lacks shop.platform"),
        ("UPDATE alembic_version SET version_num = '9999_later'", "got 9999_later"),
    ],
)
def test_a_database_of_another_version(config: Settings, change: str, words: str) -> None:
    """One that cannot be brought to this version is refused in words, before anything fails in the middle."""
    database = open_database(config)
    with database.write() as session:
        session.execute(text(change))
    database.close()
    with pytest.raises(DatabaseUnavailableError, match=words) as caught:
        open_database(config)
    assert "version" in caught.value.hint


def test_a_log_without_its_database(config: Settings) -> None:
    """SQLite would throw the log away, and what was committed with it."""
    config.data_dir.mkdir(parents=True)
    log = Path(f"{config.data_dir}/wangjian.db-wal")
    log.write_bytes(b"committed")
    with pytest.raises(DatabaseUnavailableError, match="another file or none"):
        open_database(config)
    assert log.read_bytes() == b"committed"


def test_a_database_that_was_replaced(config: Settings) -> None:
    """An open database notices that its file is another one."""
    database = open_database(config)
    path = config.data_dir / "wangjian.db"
    path.rename(path.with_name("away.db"))
    with pytest.raises(DatabaseUnavailableError, match="another file or none"), database.read():
        raise AssertionError
    path.with_name("away.db").rename(path)
    with database.read():
        pass
    database.close()
