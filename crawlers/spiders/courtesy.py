"""Courtesy: one gate a host, over all visits, so that no host is asked faster than it should be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from kernel.clock import monotonic

MAX_RETRY_AFTER_S = 3_600.0
DEFAULT_RETRY_AFTER_S = 5.0


class HostGate:
    """Lets requests to one host through: so many at a time, so far apart.

    Args:
        concurrency: requests in flight.
        delay_s: least seconds between two starts; robots.txt may lengthen it.
    """

    def __init__(self, concurrency: int, delay_s: float) -> None:
        self._room = asyncio.Semaphore(concurrency)
        self._turn = asyncio.Lock()
        self._delay_s = delay_s
        self._next = 0.0

    def slow_down(self, delay_s: float) -> None:
        """Take the longer of our delay and what the site asks for (Crawl-delay)."""
        self._delay_s = max(self._delay_s, delay_s)

    def pause(self, seconds: float) -> None:
        """Let nothing through for a while (Retry-After)."""
        self._next = max(self._next, monotonic() + seconds)

    async def _wait(self) -> None:
        wait = self._next - monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
            await self._wait()  # a pause may have come meanwhile

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Wait for a place and a turn; hold the place while the block runs."""
        async with self._room:
            async with self._turn:
                await self._wait()
                self._next = monotonic() + self._delay_s
            yield


class Gates:
    """The gates of all hosts of a process, each made when first asked for."""

    def __init__(self, concurrency: int, delay_s: float) -> None:
        self._concurrency = concurrency
        self._delay_s = delay_s
        self._gates: dict[str, HostGate] = {}

    def of(self, origin: str) -> HostGate:
        """The gate of an origin; ``http`` and ``https`` on their usual ports share one."""
        host = origin.partition("://")[2]
        if host not in self._gates:
            self._gates[host] = HostGate(self._concurrency, self._delay_s)
        return self._gates[host]


def retry_after(value: str, at: datetime) -> float:
    """Seconds a site asks us to wait.

    Spec: RFC 9110 section 10.2.3: a number of seconds or an HTTP date.

    Args:
        value: the header, or empty. at: now, aware UTC.

    Returns:
        0 to one hour; five seconds where the header is missing or not understood.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return min(max((then - at).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
