"""Server-sent events: progress of a job, steps of a verification.

Spec: WHATWG HTML, server-sent events.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import anyio
from anyio import to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent

PING_SECONDS = 15
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at something finds: its text now, and whether it will not change any more."""

    data: str
    final: bool


def watch_changes(look: Callable[[], Look], *, event: str, every: float = POLL_SECONDS) -> EventSourceResponse:
    """Send the text whenever it has changed, until it is final; then an event ``end``.

    Args:
        look: reads the state; runs in a thread.
        event: name of the events. every: seconds between looks.
    """

    async def events() -> AsyncIterator[ServerSentEvent]:
        last = None
        while True:
            seen = await to_thread.run_sync(look)
            if seen.data != last:
                yield ServerSentEvent(data=seen.data, event=event)
                last = seen.data
            if seen.final:
                yield ServerSentEvent(data=seen.data, event="end")
                return
            await anyio.sleep(every)

    return _response(events())


def stream_steps(steps: Iterator[tuple[str, str]]) -> EventSourceResponse:
    """Send ``(event, data)`` pairs as a plain iterator makes them; it runs in a thread."""

    async def events() -> AsyncIterator[ServerSentEvent]:
        while True:
            pair = await to_thread.run_sync(next, steps, None)
            if pair is None:
                return
            yield ServerSentEvent(data=pair[1], event=pair[0])

    return _response(events())


def _response(events: AsyncIterator[ServerSentEvent]) -> EventSourceResponse:
    return EventSourceResponse(
        events, ping=PING_SECONDS, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
