"""A capture and a rendering, step by step, each step with a bound."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from crawlers.capture import bundle, look
from crawlers.capture.browser import BrowserKeeper, crashed
from crawlers.capture.certificates import read_chains
from crawlers.capture.development import Darkroom, Negative
from crawlers.capture.environment import Environment, clock_sample
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Veil
from crawlers.capture.folder import on_disk
from crawlers.capture.line import LineError
from crawlers.capture.order import CaptureOrder, RecoverOrder, RenderOrder
from crawlers.capture.record import DOCUMENT, INITIAL, PRINTED, SCROLLED, Looks, Shot, earlier, main_exchange
from crawlers.capture.recorder import Recorder, seen_of
from crawlers.capture.recovery import recover
from crawlers.capture.second_look import SecondLook
from crawlers.capture.tape import Snapshot, Tape
from crawlers.capture.time_servers import TimeServers
from crawlers.capture.visit import Visit
from crawlers.capture.wacz import ReplayPage
from crawlers.egress.policy import Policy
from crawlers.egress.record import Budget
from kernel.clock import iso, monotonic, now
from kernel.config import Settings
from kernel.crypto import sha256_hex

T = TypeVar("T")
Event = dict[str, object]
Tell = Callable[[Event], None]

CAPTURE_BUDGET = Budget(max_bytes=200_000_000, max_connections=2_000)
STEP_S = 10.0
QUIET_S, QUIET_CAP_S = 0.1, 3.0
SCROLL_CAP_S = 12.0
BODIES_CAP_S = 5.0
RECOVERABLE = frozenset({"capture.browser_crashed", "capture.timeout", "capture.failed"})
"""After these what is on tape stays, so that it can be recovered as PARTIAL."""


class Studio:
    """Where captures are made: browser, settings and the state of the machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = Policy.from_settings(settings)
        self._servers = TimeServers(settings.ntp_servers, self._policy)
        self.keeper = BrowserKeeper(settings)
        self._environment = Environment()
        self._darkroom = Darkroom(settings, self._environment)

    async def capture(self, order: CaptureOrder, tell: Tell) -> dict[str, object]:
        """Make one capture.

        Args:
            tell: takes the events of the line protocol: progress and checkpoints.

        Returns:
            the result of the line protocol.

        Raises:
            CaptureError: there is no folder; what is on tape stays where it can be recovered.

        Effects: ``order.out``; ``<out>.tape`` while it runs; connections through the egress proxy.
        """
        if order.out.exists():
            return await asyncio.to_thread(earlier, order)
        self._darkroom.prepare()
        limit = order.options.timeout_s or self._settings.capture_timeout_s
        told = {
            "id": order.id,
            "url": order.url,
            "options": order.options.model_dump(mode="json", exclude={"timeout_s"}),
            "beacon": order.beacon.model_dump(mode="json", exclude={"note", "response"}),
            "software": self._environment.software(),
        }
        veil = Veil(secrets.token_bytes(32))
        tape = await asyncio.to_thread(on_disk, order.out, Tape, order.out, now(), told, veil)
        try:
            result = await self._record(order, _Job(tape, veil, tell, limit))
        except TimeoutError as error:
            tape.drop(keep=True)
            raise CaptureError(
                "timeout", f"expected the capture within {limit:.0f} s, it took longer", hint="Give it more time."
            ) from error
        except LineError as error:
            tape.drop(keep=True)
            raise crashed(error) from error
        except BaseException as error:
            tape.drop(keep=not isinstance(error, CaptureError) or error.code in RECOVERABLE)
            raise
        tape.done()
        return result

    async def recover(self, order: RecoverOrder, tell: Tell) -> dict[str, object]:
        """Make a PARTIAL capture of what an interrupted one left; see ``recovery``."""
        if order.out.exists():
            return await asyncio.to_thread(earlier, order)
        self._darkroom.prepare()
        return await asyncio.to_thread(on_disk, order.out, recover, order, self._darkroom, tell)

    async def _record(self, order: CaptureOrder, job: "_Job") -> dict[str, object]:
        async with asyncio.timeout(job.limit):
            developing = await self._shoot(order, job)
        return await developing

    async def _shoot(self, order: CaptureOrder, job: "_Job") -> "asyncio.Task[dict[str, object]]":
        """See all there is to see, then develop it while the browser is being tidied up."""
        looks, tape = Looks(), job.tape
        clock = [clock_sample("start", tape.started)]
        timer = Timer(looks.stages, job.progress)
        timer.start("opening")
        servers = asyncio.create_task(asyncio.to_thread(self._servers.reading))
        async with Visit(self.keeper, self._policy, order, CAPTURE_BUDGET) as visit:
            if self.keeper.facts is None:
                raise CaptureError("failed", "expected a running browser, got none")
            await asyncio.to_thread(on_disk, order.out, self._begin, order, tape)
            clean = asyncio.create_task(asyncio.to_thread(self._clean, order, visit, tape))
            second = SecondLook(self._settings, self._policy, order, self.keeper.user_agent())
            recorder = Recorder(tape, visit, job.checkpoint)
            recorder.start()
            try:
                second.start()
                await self._see(visit, looks, timer, (recorder, tape, job.limit))
                chains = await read_chains(visit.line, visit.traffic.exchanges())
                await visit.complete(BODIES_CAP_S)
            finally:
                await recorder.stop()
            visit.traffic.end()
            ended = now()
            clock.append(clock_sample("end", ended))
            timer.start("writing")
            seen = seen_of(visit, ReplayPage(visit.final_url, looks.title, tape.started), chains)
            shot = Shot(order, visit, looks, seen, (tape.started, ended), clock, self.keeper.facts)
            negative = Negative(shot, tape, job.veil, second, (clean, servers), self.keeper.user_agent())
            return asyncio.create_task(self._develop(negative, recorder))

    async def _develop(self, negative: Negative, recorder: Recorder) -> dict[str, object]:
        began = monotonic()
        await recorder.finish(negative.shot.seen, negative.shot.seen.chains)
        result = await self._darkroom.develop(negative)
        negative.shot.looks.stages["writing"] = round((monotonic() - began) * 1000)
        return result

    def _begin(self, order: CaptureOrder, tape: Tape) -> None:
        """What must be on disk before the page is asked for: the beacon, and the first record that names it."""
        fields = [("software", self._environment.software()), ("http-header-user-agent", self.keeper.user_agent())]
        if not order.beacon.reason:
            note, response = order.beacon.note.encode(), order.beacon.response
            tape.keep("meta/beacon.note", note)
            tape.keep(f"meta/beacon.{order.beacon.tsa}.tsr", response)
            fields.append(("beacon-note-sha256", sha256_hex(note)))
            fields.append(("beacon-timestamp-sha256", sha256_hex(response)))
        tape.begin(fields)

    def _clean(self, order: CaptureOrder, visit: Visit, tape: Tape) -> dict[str, object]:
        if self.keeper.facts is None or visit.profile is None:
            raise CaptureError("failed", "expected an open profile, got none")
        found = self._environment.reading(
            self.keeper.facts, visit.proxy.socks_url, visit.profile, accept_bad_tls=order.options.accept_bad_tls
        )
        tape.note("clean.json", found)
        return found

    async def render(self, order: RenderOrder) -> dict[str, object]:
        """Load a page for the crawler; writes nothing.

        Returns:
            ``url``, ``status``, ``content_type``, ``remote_address``, ``html``, ``truncated``, ``stop_reason``.

        Raises:
            CaptureError: nothing could be loaded.
        """
        limit = order.options.timeout_s or self._settings.page_timeout_s
        budget = Budget(max_bytes=self._settings.page_max_bytes * 4)
        try:
            async with asyncio.timeout(limit + STEP_S):
                async with Visit(self.keeper, self._policy, order, budget) as visit:
                    await visit.load(limit)
                    if not await visit.traffic.quiet(QUIET_S, QUIET_CAP_S):
                        visit.stops.append("busy")
                    html = await self._step(visit, partial(look.document, visit.line))
                    main = main_exchange(visit.main_chain())
        except TimeoutError as error:
            raise CaptureError("timeout", f"expected the page within {limit:.0f} s", hint="Try again later.") from error
        except LineError as error:
            raise crashed(error) from error
        kept = html.encode("utf-8", "replace")[: self._settings.page_max_bytes].decode("utf-8", "ignore")
        return {
            "url": visit.final_url,
            "status": main.status,
            "content_type": main.mime,
            "remote_address": visit.proxy.address_of(*bundle.endpoint(main.url)),
            "html": kept,
            "truncated": len(kept) < len(html),
            "stop_reason": ",".join(visit.stops),
        }

    async def _see(self, visit: Visit, looks: Looks, timer: "Timer", means: tuple[Recorder, Tape, float]) -> None:
        """Load, look, scroll, look again, keep the DOM, print. What is seen is on disk at once."""
        recorder, tape, limit = means
        width = visit.order.options.viewport.width
        timer.start("loading")
        await visit.load(limit * 0.4)
        timer.start("settling")
        if not await visit.traffic.quiet(QUIET_S, min(QUIET_CAP_S, limit * 0.1)):
            visit.stops.append("busy")
        await recorder.turn()
        # Before the picture, not after it: the picture shows the page's lower parts, which may wake some.
        before = visit.traffic.asked, await self._step(visit, partial(look.document, visit.line))
        timer.start("picture")
        looks.initial = await self._step(visit, partial(look.picture, visit.line, width))
        await asyncio.to_thread(on_disk, tape.folder, tape.keep, INITIAL, looks.initial.png)
        timer.start("scrolling")
        scrolling = partial(look.scroll, visit.line, visit.traffic, min(SCROLL_CAP_S, limit * 0.2))
        looks.scrolling = await self._step(visit, scrolling, min(SCROLL_CAP_S, limit * 0.2) + min(STEP_S, limit / 5))
        if looks.scrolling.stop != "bottom":
            visit.stops.append(f"scroll_{looks.scrolling.stop}")
        looks.html = await self._step(visit, partial(look.document, visit.line))
        if visit.stops or before != (visit.traffic.asked, looks.html):
            timer.start("picture-after")
            looks.scrolled = await self._step(visit, partial(look.picture, visit.line, width))
            await asyncio.to_thread(on_disk, tape.folder, tape.keep, SCROLLED, looks.scrolled.png)
            looks.html = await self._step(visit, partial(look.document, visit.line))
        if looks.initial.clipped or (looks.scrolled is not None and looks.scrolled.clipped):
            visit.stops.append("picture_clipped")
        timer.start("document")
        looks.title = await self._step(visit, partial(look.title, visit.line))
        document_bytes = looks.html.encode("utf-8", "replace")
        await asyncio.to_thread(on_disk, tape.folder, tape.keep, DOCUMENT, document_bytes)
        timer.start("printing")
        printed = await self._step(visit, partial(look.pdf, visit.line))
        await asyncio.to_thread(on_disk, tape.folder, tape.keep, PRINTED, printed)
        timer.stop()
        if visit.proxy.spent.is_set():
            visit.stops.append("byte_budget")
        if visit.traffic.stopped:
            visit.stops.append(visit.traffic.stopped)

    async def _step(self, visit: Visit, action: Callable[[], Awaitable[T]], cap_s: float = 0) -> T:
        """One step; where scripts keep the page from answering they are ended and it is tried again."""
        limit = visit.order.options.timeout_s or self._settings.capture_timeout_s
        cap_s = cap_s or min(STEP_S, limit / 5)
        try:
            return await asyncio.wait_for(action(), cap_s)
        except TimeoutError:
            await visit.stop_scripts()
            return await asyncio.wait_for(action(), cap_s)


@dataclass(frozen=True, slots=True)
class _Job:
    """What one capture carries along: tape, veil, the way to tell, and its time in seconds."""

    tape: Tape
    veil: Veil
    tell: Tell
    limit: float

    def progress(self, stage: str) -> None:
        self.tell({"event": "progress", "stage": stage})

    def checkpoint(self, snapshot: Snapshot) -> None:
        self.tell({"event": "checkpoint", "started_at": iso(self.tape.started), **snapshot.line()})


class Timer:
    """Writes down how long each stage took and tells when one begins."""

    def __init__(self, stages: dict[str, int], progress: Callable[[str], None]) -> None:
        self._stages, self._progress = stages, progress
        self._name, self._began = "", monotonic()

    def start(self, name: str) -> None:
        """The stage before ends, this one begins."""
        self.stop()
        self._name, self._began = name, monotonic()
        self._progress(name)

    def stop(self) -> None:
        """Note how long the stage took."""
        if self._name:
            self._stages[self._name] = round((monotonic() - self._began) * 1000)
