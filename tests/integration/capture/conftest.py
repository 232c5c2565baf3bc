"""A capture worker for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.servers.capture_bench import Bench, capture_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One worker and its sites for the whole module."""
    with capture_bench(tmp_path_factory.mktemp("capture")) as bench:
        yield bench
