"""Timestamps over many messages: none twice, none left out, each provable alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.errors import TimestampError
from evidence.log.errors import NotIncludedError
from evidence.timestamp import Timestamper, check, open_timestampers
from exchange import batch_stamp
from exchange.batch_stamp import PREFIX, backlog, is_due, prove, stamp
from exchange.errors import RedriveError
from kernel.clock import now
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.models import BatchStamp, Message
from tests.servers.exchanging import Line, Node, lead
from tests.servers.timestamps import Timestamps, timestamping

Pair = tuple[Node, Node, Line]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Timestamps, tuple[Timestamper, ...]]]:
    """Two services in threads."""
    with timestamping(tmp_path_factory.mktemp("tsa")) as running:
        options = {f"{name.lower()}": value for name, value in running.options().items()}
        opened = open_timestampers(Settings(data_dir=Path("/nonexistent"), **options))  # type: ignore[arg-type]
        yield running, opened
        for one in opened:
            one.client.close()


def _sent(two: Pair, count: int) -> Node:
    city = two[0]
    city.at = now()
    two[1].at = city.at
    city.post(*(lead(number) for number in range(count)))
    city.turn()
    return city


def test_each_message_is_proven_by_the_token_of_its_batch(
    two: Pair, services: tuple[Timestamps, tuple[Timestamper, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its digest, its place and the path; a changed digest leads nowhere."""
    monkeypatch.setattr(batch_stamp, "MOST", 7)
    city = _sent(two, 17)
    assert is_due(city.database, 60, at=city.at)
    assert stamp(city.database, services[1], at=city.at) == 3
    assert not is_due(city.database, 60, at=city.at)
    assert [row.count for row in city.rows(BatchStamp)] == [7, 7, 3]
    with city.database.read() as session:
        assert backlog(session) == 0
        for row in city.rows(Message):
            proof = prove(session, row.id)
            batch_stamp.check(proof)
            imprint = bytes.fromhex(sha256_hex(PREFIX + bytes.fromhex(proof.root)))
            check(proof.token, imprint, [service.root for service in services[1]])
            with pytest.raises(NotIncludedError):
                batch_stamp.check(replace(proof, digest="0" * 64))
    assert stamp(city.database, services[1], at=city.at) == 0


def test_a_batch_that_was_not_stamped_is_stamped_later_and_once(
    two: Pair, services: tuple[Timestamps, tuple[Timestamper, ...]]
) -> None:
    """Its range stays; messages meanwhile go on and come into the next one."""
    running, timestampers = services
    city = _sent(two, 3)
    running.fail("500")
    with pytest.raises(TimestampError):
        stamp(city.database, timestampers, at=city.at)
    assert city.rows(BatchStamp)[0].error
    running.heal()
    city.post(lead(9))
    city.turn()
    with city.database.read() as session, pytest.raises(RedriveError):
        prove(session, 1)
    assert stamp(city.database, timestampers, at=city.at) == 2
    assert [(row.first_row, row.count) for row in city.rows(BatchStamp)] == [(1, 3), (4, 1)]


def test_what_is_not_sealed_yet_ends_a_batch(two: Pair, services: tuple[Timestamps, tuple[Timestamper, ...]]) -> None:
    """So that no row is passed over."""
    city = _sent(two, 2)
    city.post(lead(5))
    assert stamp(city.database, services[1], at=city.at) == 1
    assert not is_due(city.database, 60, at=city.at)
    city.turn()
    assert is_due(city.database, 60, at=city.at + timedelta(seconds=61))
    assert stamp(city.database, services[1], at=city.at) == 1
    assert [row.last_row for row in city.rows(BatchStamp)] == [2, 3]
