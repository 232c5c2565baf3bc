"""Courtesy: pace, pauses, Retry-After."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from crawlers.spiders.courtesy import DEFAULT_RETRY_AFTER_S, MAX_RETRY_AFTER_S, Gates, HostGate, retry_after
from kernel.clock import monotonic

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


async def _passages(gate: HostGate, count: int) -> list[float]:
    times: list[float] = []

    async def one() -> None:
        async with gate.passage():
            times.append(gate._next)  # read later, the clock would also tell how long this process was put aside

    await asyncio.gather(*(one() for _ in range(count)))
    return times


def test_starts_are_spaced() -> None:
    """However many wait, starts are the delay apart; the longer delay holds."""

    async def scene() -> list[float]:
        gate = HostGate(5, 0.01)
        gate.slow_down(0.05)
        gate.slow_down(0.001)
        return await _passages(gate, 4)

    times = asyncio.run(scene())
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.05


def test_a_pause_holds_those_who_wait() -> None:
    """A pause that comes while others wait holds them too."""

    async def scene() -> float:
        gate = HostGate(1, 0.5)
        await _passages(gate, 1)
        waiting = asyncio.create_task(_passages(gate, 1))
        await asyncio.sleep(0)
        start = monotonic()
        gate.pause(0.7)
        return (await waiting)[0] - start

    assert asyncio.run(scene()) >= 0.7 + 0.5  # when the next one may start


def test_no_more_at_once_than_agreed() -> None:
    """Concurrency is bounded."""

    async def scene() -> int:
        gate, inside, most = HostGate(2, 0), 0, 0

        async def one() -> None:
            nonlocal inside, most
            async with gate.passage():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.005)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(6)))
        return most

    assert asyncio.run(scene()) == 2


def test_one_gate_a_host() -> None:
    """Schemes of one host share a gate; ports do not."""
    gates = Gates(1, 0)
    assert gates.of("http://a.example") is gates.of("https://a.example")
    assert gates.of("http://a.example") is not gates.of("http://a.example:81")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("999999", MAX_RETRY_AFTER_S),
        ("Wed, 25 Nov 2026 08:00:30 GMT", 30),
        ("Wed, 25 Nov 2026 08:00:30 -0000", 30),
        ("Wed, 25 Nov 2026 07:00:00 GMT", 0),
        ("", DEFAULT_RETRY_AFTER_S),
        ("-3", DEFAULT_RETRY_AFTER_S),
        ("soon", DEFAULT_RETRY_AFTER_S),
    ],
)
def test_retry_after(value: str, seconds: float) -> None:
    """Seconds or a date; bounded; a guess where it is not understood."""
    assert retry_after(value, AT) == seconds
