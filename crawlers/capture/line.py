"""DevTools lines: the page's own, and those of its cross-site frames and workers below it."""

import asyncio
from collections.abc import Callable
from functools import partial

from crawlers.capture.devtools import LineError, Params, Session

Command = tuple[str, Params]
Listener = Callable[["Line", str, Params], None]

__all__ = ["Command", "Line", "LineError", "Listener", "Params", "Switchboard"]


class Line:
    """Something that takes DevTools commands.

    Args:
        session: of its target. name: of a frame's or worker's line; empty for the page's own.
    """

    def __init__(self, session: Session, name: str = "") -> None:
        self.name = name
        self._session = session

    async def send(self, method: str, params: Params | None = None) -> Params:
        """Send a command and wait for its result.

        Raises:
            LineError: the browser refused it, or the target is gone.
        """
        return await self._session.send(method, params)


class Switchboard:
    """Attaches every line of a page and passes their events to one listener.

    Frames of other sites and workers are targets of their own. Each waits until it has the start commands: they are
    sent in one go before the command that lets it run, so that nothing of it is missed.

    Args:
        session: DevTools session of the page.
        events: names of the events the listener wants.
        listener: called with line, event name and parameters.
    """

    def __init__(self, session: Session, events: tuple[str, ...], listener: Listener) -> None:
        self.page = Line(session)
        self._session = session
        self._events = events
        self._listener = listener
        self._tasks: set[asyncio.Task[None]] = set()
        self._every: tuple[Command, ...] = ()
        self._frames: tuple[Command, ...] = ()

    async def open(self, *commands: Command, frames: tuple[Command, ...] = ()) -> None:
        """Send the start commands to the page and, as they come, to every child.

        Args:
            commands: for all. frames: besides, for the frames among the children.
        """
        self._every, self._frames = commands, frames
        self._hear(self._session, self.page)
        await asyncio.gather(*(self.page.send(method, params) for method, params in (*commands, AUTO_ATTACH)))

    def attach(self, session: Session, kind: str) -> None:
        """Take in a target that waits to be let run."""
        child = Line(session, session.id)
        self._hear(session, child)
        frames = self._frames if kind == "iframe" else ()
        task = asyncio.create_task(_prepare(child, (*frames, *self._every)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stop everything that is still under way."""
        for task in self._tasks:
            task.cancel()

    def _hear(self, session: Session, line: Line) -> None:
        for event in self._events:
            session.on(event, partial(self._listener, line, event))
        session.on("Target.attachedToTarget", self._attached)

    def _attached(self, params: Params) -> None:
        self.attach(self._session.devtools.session(params["sessionId"]), str(params["targetInfo"]["type"]))


AUTO_ATTACH: Command = (
    "Target.setAutoAttach",
    {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True},
)


async def _prepare(child: Line, commands: tuple[Command, ...]) -> None:
    """Start listening in a child, then let it run.

    A worker knows fewer domains than a page, and a child may be gone: neither is an error.
    """
    every = (*commands, AUTO_ATTACH, ("Runtime.runIfWaitingForDebugger", {}))
    await asyncio.gather(*(child.send(method, params) for method, params in every), return_exceptions=True)
