"""DevTools lines: the page's own, and those of its cross-site frames and workers below it.

Playwright gives a session for a page only. Frames of other sites and workers are targets of their
own; they are attached here by the older nested form of the protocol, in which a message to a child
is wrapped in ``Target.sendMessageToTarget`` of its parent.
"""

import asyncio
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

Params = dict[str, Any]
Listener = Callable[["Line", str, Params], None]


class LineError(Exception):
    """The browser refused a command, or the target is gone."""


class Line(ABC):
    """Something that takes DevTools commands. ``name`` is empty for the page's own line."""

    name: str = ""

    @abstractmethod
    async def send(self, method: str, params: Params | None = None) -> Params:
        """Send a command and wait for its result.

        Raises:
            LineError: the browser refused it, or the target is gone.
        """


class PageLine(Line):
    """The page's own line."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def send(self, method: str, params: Params | None = None) -> Params:
        """See :class:`Line`."""
        try:
            result: Params = await self._session.send(method, params or {})
        except PlaywrightError as error:
            raise LineError(f"{method}: {error.message}") from error
        return result


class ChildLine(Line):
    """The line of a target below another one."""

    def __init__(self, parent: Line, session_id: str) -> None:
        self.name = session_id
        self._parent = parent
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Params]] = {}

    async def send(self, method: str, params: Params | None = None) -> Params:
        """See :class:`Line`."""
        number = next(self._numbers)
        answer: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message = json.dumps({"id": number, "method": method, "params": params or {}})
        try:
            await self._parent.send("Target.sendMessageToTarget", {"sessionId": self.name, "message": message})
            return await answer
        finally:
            self._waiting.pop(number, None)

    def settle(self, message: Params) -> None:
        """Hand an answer to whoever waits for it."""
        waiting = self._waiting.get(int(message["id"]))
        if waiting is None or waiting.done():
            return
        if "error" in message:
            waiting.set_exception(LineError(str(message["error"].get("message", ""))))
        else:
            waiting.set_result(message.get("result", {}))

    def end(self) -> None:
        """The target is gone: nobody is left waiting."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LineError("the target is gone"))


class Switchboard:
    """Attaches every line of a page and passes their events to one listener.

    Args:
        session: DevTools session of the page.
        events: names of the events the listener wants.
        listener: called with line, event name and parameters.
        on_child: run for each new child before its scripts start.
    """

    def __init__(self, session: CDPSession, events: tuple[str, ...], listener: Listener) -> None:
        self.page = PageLine(session)
        self._session = session
        self._events = events
        self._listener = listener
        self._children: dict[str, ChildLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, *commands: tuple[str, Params]) -> None:
        """Send the start commands to the page and, as they come, to every child."""
        for event in self._events:
            self._session.on(event, lambda params, event=event: self._listener(self.page, event, params))
        self._session.on("Target.attachedToTarget", lambda params: self._attach(self.page, params, commands))
        self._session.on("Target.detachedFromTarget", self._detach)
        self._session.on("Target.receivedMessageFromTarget", lambda params: self._receive(params, commands))
        await asyncio.gather(*(self.page.send(method, params) for method, params in (*commands, _AUTO_ATTACH)))

    def close(self) -> None:
        """Stop everything that is still under way."""
        for child in self._children.values():
            child.end()
        for task in self._tasks:
            task.cancel()

    def _attach(self, parent: Line, params: Params, commands: tuple[tuple[str, Params], ...]) -> None:
        child = ChildLine(parent, params["sessionId"])
        self._children[child.name] = child
        task = asyncio.create_task(_prepare(child, commands))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _detach(self, params: Params) -> None:
        child = self._children.pop(params["sessionId"], None)
        if child is not None:
            child.end()

    def _receive(self, params: Params, commands: tuple[tuple[str, Params], ...]) -> None:
        child = self._children.get(params["sessionId"])
        if child is None:
            return
        message = json.loads(params["message"])
        method = message.get("method", "")
        if "id" in message:
            child.settle(message)
        elif method == "Target.attachedToTarget":
            self._attach(child, message["params"], commands)
        elif method == "Target.detachedFromTarget":
            self._detach(message["params"])
        elif method == "Target.receivedMessageFromTarget":
            self._receive(message["params"], commands)
        elif method in self._events:
            self._listener(child, method, message["params"])


_AUTO_ATTACH: tuple[str, Params] = (
    "Target.setAutoAttach",
    {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": False},
)


async def _prepare(child: ChildLine, commands: tuple[tuple[str, Params], ...]) -> None:
    """Start listening in a child, then let it run.

    All at once and without waiting in between: Playwright lets the child run too, and whoever is
    late hears only part. A worker knows fewer domains than a page, and a child may be gone: neither
    is an error.
    """
    every = (*commands, _AUTO_ATTACH, ("Runtime.runIfWaitingForDebugger", {}))
    await asyncio.gather(*(child.send(method, params) for method, params in every), return_exceptions=True)
