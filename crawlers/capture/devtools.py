"""The DevTools connection to one browser: commands, answers and events of all its sessions over one pipe.

The form is that of ``--remote-debugging-pipe``: messages in JSON, each ended by a zero byte, flat sessions.
"""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Params = dict[str, Any]
Handler = Callable[[Params], None]

GONE, CRASHED = "the target has been closed", "the page crashed"
LOST = "the browser has been closed"


class LineError(Exception):
    """The browser refused a command, or the target is gone."""


class DevTools:
    """What is said to a browser and what it says.

    Args:
        write: takes the bytes of a message on their way to the browser.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.over = asyncio.Event()
        self.root = Session(self, "")
        self._write = write
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[Params]]] = {}
        self._handlers: dict[tuple[str, str], list[Handler]] = defaultdict(list)
        self._gone: dict[str, str] = {}
        self._rest: list[bytes] = []

    def session(self, session_id: str) -> "Session":
        """A session by the name the browser gave it."""
        return Session(self, session_id)

    def on(self, session_id: str, event: str, handler: Handler) -> None:
        """Have an event of a session passed on."""
        self._handlers[session_id, event].append(handler)

    async def send(self, session_id: str, method: str, params: Params | None) -> Params:
        """Send a command and wait for its result.

        Raises:
            LineError: the browser refused it, or it or the target is gone.
        """
        if self.over.is_set() or session_id in self._gone:
            raise LineError(f"{method}: {self._gone.get(session_id, LOST)}")
        number, answer = self.promise(session_id)
        message: Params = {"id": number, "method": method, "params": params or {}}
        if session_id:
            message["sessionId"] = session_id
        try:
            self._write(json.dumps(message).encode() + b"\0")
            return await answer
        except LineError as error:
            raise LineError(f"{method}: {error}") from None

    def promise(self, session_id: str) -> tuple[int, asyncio.Future[Params]]:
        """A number, and a future that fails with LineError when the target goes; for answers and for events."""
        number = next(self._numbers)
        future: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        self._waiting[number] = session_id, future
        future.add_done_callback(lambda _: self._settled(number, future))
        return number, future

    def _settled(self, number: int, future: asyncio.Future[Params]) -> None:
        self._waiting.pop(number, None)
        if not future.cancelled():
            future.exception()  # whoever waits hears of it; where nobody does any more it is no news

    def feed(self, data: bytes) -> None:
        """Take what the browser wrote, in whatever pieces."""
        *whole, rest = data.split(b"\0")
        for part in whole:
            self._rest.append(part)
            message = b"".join(self._rest)
            self._rest.clear()
            self._take(json.loads(message))
        if rest:
            self._rest.append(rest)

    def lose(self) -> None:
        """The browser is gone: nobody is left waiting."""
        self.over.set()
        self._fail(None, LOST)
        self._handlers.clear()

    def _take(self, message: Params) -> None:
        session_id = str(message.get("sessionId", ""))
        if "id" in message:
            self._settle(message)
            return
        method, params = str(message["method"]), message.get("params", {})
        for handler in tuple(self._handlers.get((session_id, method), ())):
            handler(params)
        if method == "Target.detachedFromTarget":
            self._end(str(params["sessionId"]), GONE)
        elif method == "Inspector.targetCrashed":
            self._end(session_id, CRASHED)

    def _settle(self, message: Params) -> None:
        _, waiting = self._waiting.get(int(message["id"]), ("", None))
        if waiting is None or waiting.done():
            return
        if "error" in message:
            waiting.set_exception(LineError(str(message["error"].get("message", ""))))
        else:
            waiting.set_result(message.get("result", {}))

    def _end(self, session_id: str, reason: str) -> None:
        self._gone[session_id] = reason
        self._fail(session_id, reason)
        for key in [key for key in self._handlers if key[0] == session_id]:
            del self._handlers[key]

    def _fail(self, session_id: str | None, reason: str) -> None:
        for owner, waiting in tuple(self._waiting.values()):
            if session_id in {None, owner} and not waiting.done():
                waiting.set_exception(LineError(reason))


class Session:
    """One target of a browser; its root session is the browser itself, without an id."""

    def __init__(self, devtools: DevTools, session_id: str) -> None:
        self.devtools = devtools
        self.id = session_id

    async def send(self, method: str, params: Params | None = None) -> Params:
        """See :meth:`DevTools.send`."""
        return await self.devtools.send(self.id, method, params)

    def on(self, event: str, handler: Handler) -> None:
        """See :meth:`DevTools.on`."""
        self.devtools.on(self.id, event, handler)
