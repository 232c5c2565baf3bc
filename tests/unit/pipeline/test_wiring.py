"""Settings in, parts out."""

from evidence.store_files import FileStore
from kernel.config import Settings
from kernel.schema import differences
from pipeline.wiring import open_database, open_engine, open_evidence_store
from search.embedded_engine import EmbeddedEngine


def test_without_urls_everything_lies_in_the_data_directory(config: Settings) -> None:
    """SQLite with the newest schema, the embedded engine, files; and keys are made once."""
    database = open_database(config)
    assert differences(database) == []
    database.close()
    engine = open_engine(config)
    assert isinstance(engine, EmbeddedEngine)
    engine.close()
    assert isinstance(open_evidence_store(config), FileStore)
    made = {path.name: path.read_bytes() for path in (config.keys_path() / "authority").iterdir()}
    open_evidence_store(config)
    assert {path.name: path.read_bytes() for path in (config.keys_path() / "authority").iterdir()} == made
    assert (config.data_dir / "wangjian.db").exists()
