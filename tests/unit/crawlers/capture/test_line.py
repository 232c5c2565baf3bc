"""Lines to frames and workers below a page."""

import asyncio

import pytest

from crawlers.capture.devtools import Params
from crawlers.capture.line import Line, LineError, Switchboard
from tests.unit.crawlers.capture.fake_browser import FakeBrowser


@pytest.mark.asyncio
async def test_children_are_prepared_heard_and_let_go() -> None:
    """A child gets the start commands before it is let run; its events carry its name; grandchildren too."""
    browser, heard = FakeBrowser(), list[tuple[str, str, Params]]()
    board = Switchboard(
        browser.devtools.session("p"),
        ("Network.x",),
        lambda line, event, params: heard.append((line.name, event, params)),
    )
    await board.open(("Network.enable", {"a": 1}), frames=(("Page.enable", {}),))
    assert browser.methods("p") == ["Network.enable", "Target.setAutoAttach"]
    browser.tell("Network.x", {"n": 0}, "p")
    browser.tell("Target.attachedToTarget", {"sessionId": "w", "targetInfo": {"type": "worker"}}, "p")
    browser.tell("Target.attachedToTarget", {"sessionId": "f", "targetInfo": {"type": "iframe"}}, "p")
    await asyncio.sleep(0.01)
    last = ["Network.enable", "Target.setAutoAttach", "Runtime.runIfWaitingForDebugger"]
    assert browser.methods("w") == last
    assert browser.methods("f") == ["Page.enable", *last]
    browser.tell("Network.x", {"n": 1}, "w")
    browser.tell("Network.unwanted", {}, "w")
    browser.tell("Network.x", {"n": 9}, "unknown")
    browser.tell("Target.attachedToTarget", {"sessionId": "v", "targetInfo": {"type": "worker"}}, "w")
    browser.tell("Network.x", {"n": 2}, "v")
    board.attach(browser.devtools.session("s"), "shared_worker")
    browser.tell("Network.x", {"n": 3}, "s")
    assert heard == [(name, "Network.x", {"n": n}) for n, name in enumerate(("", "w", "v", "s"))]
    board.close()


@pytest.mark.asyncio
async def test_a_child_that_is_gone_is_no_error() -> None:
    """It ended while it was prepared: the page goes on."""
    browser = FakeBrowser({"Network.enable": None})
    board = Switchboard(browser.devtools.session("p"), (), lambda *_: None)
    board.attach(browser.devtools.session("w"), "worker")
    await asyncio.sleep(0)
    (task,) = board._tasks
    board._every = ()
    browser.tell("Target.detachedFromTarget", {"sessionId": "w"})
    await asyncio.wait_for(task, 5)
    with pytest.raises(LineError):
        await Line(browser.devtools.session("w"), "w").send("Network.enable")
    board.close()
