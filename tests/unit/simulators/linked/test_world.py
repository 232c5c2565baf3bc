from datetime import UTC, datetime

from simulators.linked.world import SYSTEMS, books
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_the_same_world_each_time() -> None:
    """Every system has records, none is from the future, and twice made is twice the same."""
    first, second = (books(Ports(), at=AT, extra=5) for _ in range(2))
    assert set(first) == set(SYSTEMS)
    for name, book in first.items():
        assert book.entries() == second[name].entries()
        assert book.entries()
        assert all(entry.updated_at <= AT for entry in book.entries())
