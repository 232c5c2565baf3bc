from datetime import UTC, datetime
from pathlib import Path

from exchange.connectors.answer import Cursor
from exchange.connectors.row import keep_only
from exchange.connectors.source import Source, open_client
from simulators.linked.world import SYSTEMS
from simulators.standins.stand_in import make

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_it_serves_all_systems(tmp_path: Path) -> None:
    """On one port; the ready file leads to each of them."""
    one = make("linked", {"dir": str(tmp_path), "extra": "3", "fault-rate": "0.01"}, AT)
    told = one.start()
    urls, token = told["urls"], told["token"]
    assert isinstance(urls, dict)
    assert set(urls) == set(SYSTEMS)
    with open_client(5) as client:
        for system, url in urls.items():
            source = Source(system, url, str(token), client, sleep=lambda _: None)
            page = source.page(Cursor(datetime(1971, 1, 1, tzinfo=UTC)), (), keep_only(()))
            assert page.rows
    one.close()
