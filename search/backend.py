"""The engine this installation uses."""

from importlib import import_module

from kernel.config import Settings
from search.embedded_engine import EmbeddedEngine
from search.engine import Engine


def open_search(settings: Settings) -> Engine:
    """Elasticsearch where a URL is set, else the embedded engine in the data directory.

    The client of the one that is not used is never loaded: it costs 60 MB a process.
    """
    if settings.elasticsearch_url:
        elastic = import_module("search.elastic")
        engine: Engine = elastic.ElasticEngine(settings.elasticsearch_url, settings.elasticsearch_index)
        return engine
    return EmbeddedEngine(settings.data_dir / "index")
