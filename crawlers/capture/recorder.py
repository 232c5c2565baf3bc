"""Puts what comes to its end on tape while the page is still being looked at."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from crawlers.capture.bundle import Seen
from crawlers.capture.certificates import Chain
from crawlers.capture.folder import on_disk
from crawlers.capture.tape import Snapshot, Tape
from crawlers.capture.visit import Visit
from crawlers.capture.wacz import ReplayPage

PACE_S = 0.15
Tell = Callable[[Snapshot], None]


def seen_of(visit: Visit, page: ReplayPage, chains: Iterable[Chain] = ()) -> Seen:
    """What a visit has seen so far."""
    return Seen(
        tuple(visit.traffic.exchanges()), tuple(visit.proxy.records), tuple(chains), visit.proxy.addresses(), page
    )


class Recorder:
    """Feeds one tape from one visit.

    Args:
        tape: the tape. visit: the visit. tell: takes each snapshot as soon as it is on disk.
    """

    def __init__(self, tape: Tape, visit: Visit, tell: Tell) -> None:
        self._tape = tape
        self._visit = visit
        self._tell = tell
        self._page = ReplayPage("", "", tape.started)
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def start(self) -> None:
        """Begin to listen. The disk is written in a thread, one batch at a time."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop after the batch under way and a last one.

        Raises:
            CaptureError: ``disk``: the disk refused something.
        """
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self.turn()

    async def finish(self, seen: Seen, chains: Iterable[Chain]) -> None:
        """Put the rest on tape; the last snapshot is of the whole archive."""
        self._report(await asyncio.to_thread(on_disk, self._tape.folder, self._tape.finish, seen, chains))

    async def turn(self) -> None:
        """Put on tape what has come to its end by now."""
        async with self._turn:
            ready = self._visit.traffic.settled()
            seen = seen_of(self._visit, self._page)
            # shielded: a batch that has begun is written to its end, or two threads would share the file
            batch = asyncio.ensure_future(asyncio.to_thread(on_disk, self._tape.folder, self._tape.write, ready, seen))
            try:
                self._report(await asyncio.shield(batch))
            except asyncio.CancelledError:
                self._report(await batch)
                raise

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PACE_S)
            await self.turn()

    def _report(self, snapshots: list[Snapshot]) -> None:
        for snapshot in snapshots:
            self._tell(snapshot)
