"""Both engines, empty and full, and the node behind the second."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from search.documents import ListingDocument
from search.elastic import ElasticEngine
from search.embedded_engine import EmbeddedEngine
from search.engine import Engine
from tests.contract.search.listings import listings
from tests.contract.search.oracle import Oracle

CORPUS = 50_000
_aliases = count(1)


@pytest.fixture(params=["embedded", "elasticsearch"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine of each kind."""
    made: Engine
    if request.param == "embedded":
        made = EmbeddedEngine(tmp_path / "index", lock_timeout_s=120)
    else:
        alias = f"contract-{os.getpid()}-{next(_aliases)}"
        made = ElasticEngine(request.getfixturevalue("elasticsearch_url"), alias)
    yield made
    made.drop()
    made.close()


@pytest.fixture(scope="session")
def corpus() -> list[ListingDocument]:
    """Fifty thousand listings."""
    return list(listings(CORPUS))


@pytest.fixture(scope="session")
def oracle(corpus: list[ListingDocument]) -> Oracle:
    """The answers by scanning."""
    return Oracle(corpus)


@pytest.fixture(scope="session")
def full_embedded(corpus: list[ListingDocument], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The embedded engine with all listings, in several commits (so that it has several segments)."""
    made = EmbeddedEngine(tmp_path_factory.mktemp("full") / "index")
    _fill(made, corpus)
    yield made
    made.close()


@pytest.fixture(scope="session")
def full_elastic(corpus: list[ListingDocument], elasticsearch_url: str) -> Iterator[Engine]:
    """Elasticsearch with all listings."""
    made = ElasticEngine(elasticsearch_url, f"full-{os.getpid()}")
    _fill(made, corpus)
    yield made
    made.drop()
    made.close()


@pytest.fixture(params=["embedded", "elasticsearch"])
def full_engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine with all listings."""
    name = "full_embedded" if request.param == "embedded" else "full_elastic"
    made: Engine = request.getfixturevalue(name)
    return made


def _fill(engine: Engine, corpus: list[ListingDocument]) -> None:
    step = len(corpus) // 5
    for start in range(0, len(corpus), step):
        engine.index(corpus[start : start + step])
        engine.commit()
