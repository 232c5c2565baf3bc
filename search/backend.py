"""The engine this installation uses."""

from kernel.config import Settings
from search.elastic import ElasticEngine
from search.embedded_engine import EmbeddedEngine
from search.engine import Engine


def open_search(settings: Settings) -> Engine:
    """Elasticsearch where a URL is set, else the embedded engine in the data directory."""
    if settings.elasticsearch_url:
        return ElasticEngine(settings.elasticsearch_url, settings.elasticsearch_index)
    return EmbeddedEngine(settings.data_dir / "index")
