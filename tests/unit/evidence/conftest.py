"""One small installation for the unit tests of evidence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.seal import Sealed
from tests.data.evidence.forge import Bag, open_bag
from tests.data.evidence.workshop import Workshop, make_capture, open_workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys and two timestamp services; tests put faults back that they set."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture(scope="session")
def sealed(workshop: Workshop) -> Sealed:
    """A good package."""
    return workshop.seal("ev-unit")


@pytest.fixture(scope="session")
def bag(workshop: Workshop, sealed: Sealed) -> Bag:
    """The files of the good package."""
    return open_bag(sealed.path, workshop)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture folder that a test may spoil."""
    return make_capture(tmp_path / "capture")
