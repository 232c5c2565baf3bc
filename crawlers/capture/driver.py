"""Playwright's driver, a node process of 100 MB: one for all browsers of a process."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from kernel.clock import monotonic

LEAN = {
    # The youngest objects have 1 MB, not 16: the same CPU for 30 MB less.
    "NODE_OPTIONS": "--max-semi-space-size=1",
    "MALLOC_ARENA_MAX": "1",
}
"""Environment of the driver on top of ours."""


class Driver:
    """Starts the driver for the first who needs it and ends it after the last.

    Attributes:
        linger_s: how long it stays although nobody needs it: to start it takes half a second of CPU.

    Effects: a node process.
    """

    def __init__(self) -> None:
        self.linger_s = 0.0
        self._lock = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._users: dict[Playwright | None, int] = {}
        self._idle_since = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def take(self) -> Playwright:
        """The running driver; give it back with :meth:`release`."""
        async with self._lock:
            if self._playwright is None:
                with _environment(LEAN):
                    self._playwright = await async_playwright().start()
            self._users[self._playwright] = self._users.get(self._playwright, 0) + 1
            return self._playwright

    async def release(self, playwright: Playwright, *, spoilt: bool = False) -> None:
        """Give it back.

        Args:
            spoilt: it does not work any more: whoever comes next has a new one.
        """
        async with self._lock:
            self._users[playwright] -= 1
            if self._users[playwright]:
                self._playwright = None if spoilt and self._playwright is playwright else self._playwright
            elif spoilt or not self.linger_s or playwright is not self._playwright:
                await self._end(playwright)
            else:
                self._idle_since = monotonic()
                if self._watch is None or self._watch.done():
                    self._watch = asyncio.create_task(self._end_when_idle())

    async def close(self) -> None:
        """End what nobody needs, now."""
        async with self._lock:
            for playwright, users in tuple(self._users.items()):
                if not users and playwright is not None:
                    await self._end(playwright)

    async def _end_when_idle(self) -> None:
        while self._playwright is not None:
            await asyncio.sleep(self.linger_s)
            async with self._lock:
                if self._is_idle() and self._playwright is not None:
                    await self._end(self._playwright)

    def _is_idle(self) -> bool:
        return not self._users.get(self._playwright, 1) and monotonic() - self._idle_since >= self.linger_s

    async def _end(self, playwright: Playwright) -> None:
        del self._users[playwright]
        if self._playwright is playwright:
            self._playwright = None
        with contextlib.suppress(PlaywrightError):  # it is gone already
            await playwright.stop()


_DRIVERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Driver] = WeakKeyDictionary()


def shared_driver() -> Driver:
    """The driver of the running event loop."""
    return _DRIVERS.setdefault(asyncio.get_running_loop(), Driver())


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Variables for a child that takes the environment as it is."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
