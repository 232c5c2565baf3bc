"""A package that is made and opened by processes that are killed with SIGKILL, again and again, at any instant."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from exchange.gateway import Gateway
from exchange.offline import pack
from exchange.offline.dispatch import MESSAGES, accept_through, hands_of, write_waiting
from exchange.offline.errors import ReplayError
from exchange.offline.incoming import Door, open_package
from exchange.offline.outgoing import Load, prepare
from exchange.offline.receipt import read_receipt
from exchange.sealing import seal_waiting
from kernel.db import Database
from kernel.models import BusinessVersion, Message, OfflinePackage
from tests.servers.exchanging import AT, Node, lead, pair

KILLS = 25
CHUNK = 64 << 10


def _in_a_child(job: Callable[[], None], seconds: float) -> bool:
    """Do a job in a process of its own and kill it after so long; True when it was done before."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            job()
            status = 0
        finally:
            os._exit(status)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def _again(node: Node) -> Gateway:
    """The same installation in another process: connections are its own."""
    return Gateway(Database(node.database.url), node.keys, node.gateway.ours)


def test_nothing_is_lost_and_nothing_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packing and opening end as if nobody had been killed."""
    monkeypatch.setattr(pack, "CHUNK_BYTES", CHUNK)
    chance = random.Random(11)  # noqa: S311 - moments of kills need no strong randomness
    extra = tmp_path / "extra.bin"
    extra.write_bytes(os.urandom(2_000_000))
    with pair(tmp_path) as (city, national, _):
        city.post(*(lead(number) for number in range(300)))
        seal_waiting(city.database, city.keys, city.gateway.ours, at=AT)
        listed = tmp_path / "listed"
        with city.database.read() as session:
            count, _ = write_waiting(session, "000000", listed)
        files = [(MESSAGES, listed), ("files/extra.bin", extra)]
        load = Load(files, "移送", count, volume_bytes=2 * (CHUNK + 28))

        def make() -> None:
            gateway = _again(city)
            hand = hands_of(gateway, at=AT)("000000")
            assert hand is not None
            prepare(gateway.database, hand, tmp_path / "out", load, actor="system:cli", at=AT)

        while not city.rows(OfflinePackage):
            _in_a_child(make, chance.uniform(0.01, 0.4))
        (made,) = city.rows(OfflinePackage)
        medium = Path(made.folder)

        def take() -> None:
            gateway = _again(national)
            door = Door(hands_of(gateway, at=AT), accept_through(gateway), tmp_path / "in", tmp_path / "back")
            open_package(gateway.database, door, medium, actor="zhao", at=AT)

        kills = 0
        while kills < KILLS and not _in_a_child(take, chance.uniform(0.005, 0.02 * (kills + 1))):
            kills += 1  # the first comes before any machine can be done, each later one finds more done
        with suppress(ReplayError):
            take()
        (row,) = national.rows(OfflinePackage)
        assert row.state == "accepted"
        assert [one.seq for one in national.rows(Message)] == list(range(1, 301))
        assert len(national.rows(BusinessVersion)) == 300
        content = tmp_path / "in" / row.id / "content" / "files" / "extra.bin"
        assert content.read_bytes() == extra.read_bytes()
        body, _, _ = read_receipt(tmp_path / "back" / f"receipt-{row.id}.json")
        assert body["outcome"] == "accepted"
        assert kills > 0
