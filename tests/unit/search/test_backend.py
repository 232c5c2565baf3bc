"""The settings decide the engine."""

from pathlib import Path

from kernel.config import Settings
from search.backend import open_search
from search.elastic import ElasticEngine
from search.embedded_engine import EmbeddedEngine


def test_a_url_means_elasticsearch(tmp_path: Path) -> None:
    """Else the embedded engine in the data directory."""
    embedded = open_search(Settings(data_dir=tmp_path))
    assert isinstance(embedded, EmbeddedEngine)
    elastic = open_search(Settings(data_dir=tmp_path, elasticsearch_url="http://127.0.0.1:1"))
    assert isinstance(elastic, ElasticEngine)
    embedded.close()
    elastic.close()
