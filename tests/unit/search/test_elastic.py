"""Without a cluster the engine says so; with one it is tested in tests/contract/search."""

import socket

import pytest

from search.documents import ListingDocument
from search.elastic import ElasticEngine
from search.engine import SearchRequest
from search.errors import SearchUnavailableError


def test_nobody_answers(document: ListingDocument) -> None:
    """Every call raises one error; health says down."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        engine = ElasticEngine(f"http://127.0.0.1:{closed.getsockname()[1]}", "listings", timeout_s=2)
        calls = (
            lambda: engine.index([document]),
            lambda: engine.delete([1]),
            engine.commit,
            engine.count,
            engine.begin_rebuild,
            lambda: engine.feed("g", [document]),
            lambda: engine.switch("g"),
            lambda: engine.search(SearchRequest()),
            lambda: list(engine.walk(SearchRequest())),
        )
        for call in calls:
            with pytest.raises(SearchUnavailableError):
                call()
        assert engine.health().status == "down"
        engine.close()
