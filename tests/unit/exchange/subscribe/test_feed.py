"""The change feed: numbers without gaps in the order of commits, each change once."""

import threading

import pytest

from exchange.subscribe import feed
from exchange.subscribe.errors import SubscribeError
from tests.unit.exchange.subscribe.conftest import AT, House


def test_numbers_grow_without_gaps(house: House) -> None:
    """The same version of a row again is the same change."""
    assert [house.publish(number) for number in (1, 2, 1, 3)] == [1, 2, 1, 3]
    assert house.publish(1, version=2) == 4
    with house.database.read() as session:
        assert feed.newest(session, "firm") == 4
        assert feed.newest(session, "other") == 0
        assert [one.number for one in feed.changes(session, "firm", after=1, limit=2)] == [2, 3]
        assert [one.number for one in feed.changes(session, "firm", after=1, limit=9, until=3)] == [2, 3]


def test_a_rolled_back_change_leaves_no_number(house: House) -> None:
    """Its number goes to the next one."""
    house.publish(1)
    with house.database.read() as session:
        feed.publish(session, "firm", "2", 1, {}, at=AT)
    assert house.publish(3) == 2


def test_writers_at_once_get_different_numbers(house: House) -> None:
    """Four threads, no number twice, none left out."""
    threads = [
        threading.Thread(target=lambda first=first: [house.publish(first * 100 + one) for one in range(10)])
        for first in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.database.read() as session:
        assert [one.number for one in feed.changes(session, "firm", after=0, limit=99)] == list(range(1, 41))


@pytest.mark.parametrize(("data_set", "row"), [("other", {}), ("firm", {"secret": 1})])
def test_only_what_the_catalogue_knows(house: House, data_set: str, row: dict[str, object]) -> None:
    """No unknown data set, no unknown field."""
    with house.database.write() as session, pytest.raises(SubscribeError):
        feed.publish(session, data_set, "1", 1, row, at=AT)
    with house.database.write() as session, pytest.raises(SubscribeError):
        feed.publish(session, "firm", "1", 1, {}, at=AT, op="DROP")
