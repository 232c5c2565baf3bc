"""The crawl: workers that fetch, one clerk that records, until all visits are drained or it is stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from crawlers.address import origin
from crawlers.errors import BrowserFailedError, BrowserMissingError
from crawlers.frontier import Claim
from crawlers.spiders.clerk import Clerk, Desk, Hunger
from crawlers.spiders.courtesy import Gates, retry_after
from crawlers.spiders.fetch import Fetched, Fetcher
from crawlers.spiders.outcome import Trouble, browser_trouble, trouble_of
from crawlers.spiders.permission import Permissions, RobotsResult
from crawlers.spiders.reading import SLOW_DOWN, Result, read_aside
from crawlers.spiders.reading_room import ReadingRoom
from crawlers.spiders.render import Renderer
from crawlers.spiders.visiting import Visiting
from kernel.clock import monotonic, now

logger = logging.getLogger("wangjian.crawl")

GROUP_SECONDS = 0.25
GROUP_PAGES = 128
LAST_PAGES = 32
READY_LIMIT = 256
POLL_SECONDS = 0.2
HOUSEKEEPING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard to work: workers a visit, claims at a time.

    The gates let ``Settings.host_concurrency`` requests through; twice as many workers fetch while others' pages
    are being read.
    """

    workers: int
    claims: int


@dataclass(frozen=True, slots=True)
class Means:
    """What a crawl works with: who fetches, who renders, who reads, how fast, and who permits."""

    fetcher: Fetcher
    renderer: Renderer
    room: ReadingRoom
    gates: Gates
    permissions: Permissions


class Crawl:
    """One run over some visits.

    Args:
        visits: running visits. clerk: who records. means: who fetches. pace: how hard.
        robots: filled by the permissions with what is to be recorded.
    """

    def __init__(
        self, visits: Sequence[Visiting], clerk: Clerk, means: Means, pace: Pace, robots: list[RobotsResult]
    ) -> None:
        self._visits = list(visits)
        self._clerk = clerk
        self._means = means
        self._pace = pace
        self._ready: list[Result] = []
        self._robots = robots
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._cancelled = False
        self._housekept = 0.0

    def stop(self) -> None:
        """Stop at the next safe point: what is fetched is recorded, the rest is given back."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> None:
        """Crawl until every visit is closed, or stopped.

        Raises:
            WangjianError: the database or the disk does not take what was fetched.
        """
        workers = [
            asyncio.create_task(self._guard(self._work(visit)))
            for visit in self._visits
            for _ in range(self._pace.workers)
        ]
        try:
            await self._desk()
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._means.renderer.close()
            await self._means.room.close()
        await self._leave()
        if self._failure is not None:
            raise self._failure

    async def _guard(self, work: Awaitable[None]) -> None:
        """A worker that breaks stops the crawl instead of leaving its visit waiting for ever."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - kept and raised again by run
            self._failure = self._failure or error
            self.stop()

    async def _leave(self) -> None:
        results, robots = self._take()
        open_visits = [visit for visit in self._visits if not visit.closed]
        if results or robots:
            await asyncio.to_thread(self._clerk.turn, results, robots, ())
        await asyncio.to_thread(self._clerk.leave, open_visits, cancelled=self._cancelled)

    # -- the clerk's side ---------------------------------------------------------------------

    async def _desk(self) -> None:
        while not self._stop.is_set() and any(not visit.closed for visit in self._visits):
            await self._moment()
            results, robots = self._take()
            hungry = self._hungry(results)
            due = self._due()
            if not (results or robots or hungry or due):
                continue
            desk = await asyncio.to_thread(self._clerk.turn, results, robots, hungry, due=due)
            self._apply(desk, results)
            if not (results or desk.claims or desk.closed):
                await self._wait(POLL_SECONDS)

    async def _moment(self) -> None:
        """Wait for something to do, then a little longer so that a group comes together."""
        if not self._ready:
            await self._wait(POLL_SECONDS)
        deadline = monotonic() + GROUP_SECONDS
        while 0 < len(self._ready) < self._group() and not self._starving() and monotonic() < deadline:
            await self._wait(deadline - monotonic())

    def _group(self) -> int:
        """Pages worth recording together: fewer where no address waits, so that an end is not far behind the last."""
        return GROUP_PAGES if any(visit.queue for visit in self._visits) else LAST_PAGES

    def _starving(self) -> bool:
        """Every open visit has nothing queued and nothing in flight: waiting longer brings nothing."""
        in_flight = sum(visit.in_hand for visit in self._visits) - len(self._ready)
        return in_flight == 0 and not any(visit.queue for visit in self._visits if not visit.stopped)

    async def _wait(self, seconds: float) -> None:
        if self._stop.is_set():
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), max(seconds, 0.001))
        except TimeoutError:
            return

    def _take(self) -> tuple[list[Result], list[RobotsResult]]:
        results, self._ready = self._ready, []
        robots = list(self._robots)
        self._robots.clear()
        self._room.set()
        return results, robots

    def _hungry(self, results: Sequence[Result]) -> list[Hunger]:
        low = self._pace.claims // 2
        hungry = []
        for visit in self._visits:
            if visit.closed or (len(visit.queue) > low and not visit.stopped):
                continue
            done = sum(result.visit is visit for result in results)
            idle = visit.in_hand == done and (not visit.queue or bool(visit.stopped))
            hungry.append(Hunger(visit, self._pace.claims, idle))
        return hungry

    def _due(self) -> list[Visiting]:
        passed = monotonic() - self._housekept
        if passed < HOUSEKEEPING_SECONDS:
            return []
        running = [visit for visit in self._visits if not visit.closed]
        if self._housekept:
            for visit in running:
                visit.spend(seconds=passed)
        self._housekept = monotonic()
        return running

    def _apply(self, desk: Desk, results: Sequence[Result]) -> None:
        for result in results:
            result.visit.in_hand -= 1
        for visit in self._visits:
            visit.give(desk.claims.get(visit.id, []))
            if visit.id in desk.closed:
                visit.close()
        if desk.cancelled:
            self._cancelled = True
            self.stop()

    # -- the workers' side --------------------------------------------------------------------

    async def _work(self, visit: Visiting) -> None:
        while (claim := await visit.next_claim()) is not None:
            await self._room.wait()
            result = await read_aside(await self._result(visit, claim), self._means.room)
            self._ready.append(result)
            if len(self._ready) >= READY_LIMIT:
                self._room.clear()
            if len(self._ready) == 1 or len(self._ready) >= self._group() or self._starving():
                self._wake.set()

    async def _result(self, visit: Visiting, claim: Claim) -> Result:
        if over := _over(visit, claim):
            return over
        if visit.trap.is_trap(claim.url):
            return Result(visit, claim, trouble=Trouble("trap", "this template brought nothing new", "refused"))
        permission = await self._means.permissions.of(visit, origin(claim.url))
        refusal = permission.refusal(claim.url)
        if refusal is not None:
            return Result(visit, claim, trouble=refusal)
        gate = self._means.gates.of(origin(claim.url))
        async with gate.passage():
            if over := _over(visit, claim):
                return over
            visit.spend(pages=1)
            result = await self._fetch(visit, claim)
        fetched = result.fetched
        if fetched is not None:
            visit.spend(size=len(fetched.body))
            if fetched.status in SLOW_DOWN:
                gate.pause(retry_after(fetched.header(b"retry-after"), fetched.at))
        return result

    async def _fetch(self, visit: Visiting, claim: Claim) -> Result:
        try:
            if claim.via == "browser":
                return Result(visit, claim, await self._render(claim))
            previous = None if visit.full else claim.previous
            return Result(visit, claim, await self._means.fetcher.get(claim.url, previous))
        except BrowserMissingError as error:
            return Result(visit, claim, trouble=Trouble("browser-missing", error.message))
        except BrowserFailedError as error:
            return Result(visit, claim, trouble=browser_trouble(error))
        except Exception as error:  # noqa: BLE001 - every way a download fails ends as an outcome of its address
            return Result(visit, claim, trouble=trouble_of(error))

    async def _render(self, claim: Claim) -> Fetched:
        start = monotonic()
        answer = await self._means.renderer.render(claim.url)
        status = answer.get("status")
        return Fetched(
            url=claim.url,
            at=now(),
            elapsed_ms=round((monotonic() - start) * 1000),
            request=b"",
            status=status if isinstance(status, int) else 200,
            headers=((b"Content-Type", b"text/html; charset=utf-8"),),
            body=str(answer.get("html", "")).encode("utf-8", "replace"),
            address=str(answer.get("remote_address") or ""),
            rendered=True,
            final_url=str(answer.get("final_url") or answer.get("url") or ""),
        )


def _over(visit: Visiting, claim: Claim) -> Result | None:
    """The refusal of an address whose visit has used up a budget."""
    return Result(visit, claim, trouble=Trouble(visit.stopped, "", "refused")) if visit.stopped else None
