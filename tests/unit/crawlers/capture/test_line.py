"""Lines to frames and workers below a page."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError

from crawlers.capture.line import LineError, PageLine, Params, Switchboard


class FakeSession:
    """A DevTools session that records commands and lets a test raise events."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Params]] = []
        self.handlers: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        """Remember a handler."""
        self.handlers[event] = handler

    async def send(self, method: str, params: Params) -> Params:
        """Take a command; answer one to a child at once with its own method name."""
        self.sent.append((method, params))
        if method == "Bad.command":
            raise PlaywrightError("no such command")
        if method == "Target.sendMessageToTarget":
            message = json.loads(params["message"])
            if message["method"] == "Child.silent":
                return {}
            answer: Params = {"id": message["id"], "result": {"method": message["method"]}}
            if message["method"] == "Child.bad":
                answer = {"id": message["id"], "error": {"message": "not here"}}
            self.receive(params["sessionId"], answer)
        return {}

    def receive(self, session_id: str, message: Params) -> None:
        """A message from a child."""
        self.handlers["Target.receivedMessageFromTarget"]({"sessionId": session_id, "message": json.dumps(message)})


@pytest.mark.asyncio
async def test_children_are_prepared_heard_and_let_go() -> None:
    """A child gets the start commands and is released; its events carry its name; grandchildren too."""
    session, heard = FakeSession(), []
    board = Switchboard(session, ("Network.x",), lambda line, event, params: heard.append((line.name, event, params)))  # type: ignore[arg-type]
    await board.open(("Network.enable", {"a": 1}))
    assert [method for method, _ in session.sent] == ["Network.enable", "Target.setAutoAttach"]
    session.handlers["Network.x"]({"n": 0})
    session.handlers["Target.attachedToTarget"]({"sessionId": "w1"})
    await asyncio.sleep(0.01)
    told = [json.loads(params["message"])["method"] for method, params in session.sent if "sendMessage" in method]
    assert told == ["Network.enable", "Target.setAutoAttach", "Runtime.runIfWaitingForDebugger"]
    session.receive("w1", {"method": "Network.x", "params": {"n": 1}})
    session.receive("w1", {"method": "Network.unwanted", "params": {}})
    session.receive("unknown", {"method": "Network.x", "params": {"n": 9}})
    session.receive("w1", {"method": "Target.attachedToTarget", "params": {"sessionId": "w2"}})
    nested = {"sessionId": "w2", "message": json.dumps({"method": "Network.x", "params": {"n": 2}})}
    session.receive("w1", {"method": "Target.receivedMessageFromTarget", "params": nested})
    assert heard == [("", "Network.x", {"n": 0}), ("w1", "Network.x", {"n": 1}), ("w2", "Network.x", {"n": 2})]

    child = board._children["w1"]
    assert await child.send("Child.good") == {"method": "Child.good"}
    with pytest.raises(LineError, match="not here"):
        await child.send("Child.bad")
    waiting = asyncio.create_task(child.send("Child.silent"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    session.receive("w1", {"id": 999, "result": {}})
    session.receive("w1", {"method": "Target.detachedFromTarget", "params": {"sessionId": "w2"}})
    session.handlers["Target.detachedFromTarget"]({"sessionId": "w1"})
    with pytest.raises(LineError, match="gone"):
        await waiting
    session.handlers["Target.detachedFromTarget"]({"sessionId": "w1"})
    board.close()


@pytest.mark.asyncio
async def test_refused_commands_are_line_errors() -> None:
    """What the browser refuses is told in our own error."""
    with pytest.raises(LineError, match="no such command"):
        await PageLine(FakeSession()).send("Bad.command")  # type: ignore[arg-type]
