"""Right of way: short work goes before bulk work, and bulk work one at a time."""

from threading import Event, Thread

import pytest

from exchange.connectors import right_of_way
from exchange.connectors.right_of_way import ahead, in_bulk


def test_bulk_work_waits_for_what_goes_ahead() -> None:
    """It begins when the other is done."""
    done: list[str] = []
    begun, go = Event(), Event()

    def bulk() -> None:
        begun.set()
        with in_bulk(breath=False):
            done.append("bulk")

    with ahead():
        other = Thread(target=bulk)
        other.start()
        begun.wait(120)
        go.wait(0.05)
        done.append("short")
    other.join(120)
    assert done == ["short", "bulk"]


def test_bulk_work_comes_on_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are in a hurry."""
    monkeypatch.setattr(right_of_way, "LONGEST_WAY_S", 0.01)
    done = []
    with ahead(), in_bulk(breath=True):
        done.append("bulk")
    assert done == ["bulk"]


def test_one_bulk_work_at_a_time() -> None:
    """The second begins when the first has ended."""
    inside, most = [0], [0]

    def bulk() -> None:
        with in_bulk(breath=False):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            Event().wait(0.01)
            inside[0] -= 1

    threads = [Thread(target=bulk) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert most == [1]


def test_who_fails_ahead_lets_the_others_on() -> None:
    """The way is free again."""
    with pytest.raises(ZeroDivisionError), ahead():
        raise ZeroDivisionError
    with in_bulk(breath=False):
        assert right_of_way._ahead == 0
