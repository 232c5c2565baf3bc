"""Commands, answers and events over one connection."""

import asyncio
import json

import pytest

from crawlers.capture.devtools import DevTools, LineError, Params
from tests.unit.crawlers.capture.fake_browser import FakeBrowser


@pytest.mark.asyncio
async def test_answers_reach_who_asked_and_events_who_listens() -> None:
    """In whatever pieces they come; sessions do not hear one another; a refusal is our own error."""
    browser = FakeBrowser({"A.good": {"n": 1}, "A.bad": "no such command"})
    page, heard = browser.devtools.session("p"), list[Params]()
    page.on("A.event", heard.append)
    assert await page.send("A.good", {"x": "价"}) == {"n": 1}
    assert browser.sent == [("p", "A.good", {"x": "价"})]
    with pytest.raises(LineError, match=r"A\.bad: no such command"):
        await browser.devtools.root.send("A.bad")
    browser.tell("A.event", {"n": 2}, "p")
    browser.tell("A.event", {"n": 3}, "other")
    browser.tell("A.event", {"n": 4})
    assert heard == [{"n": 2}]
    browser.devtools.feed(json.dumps({"id": 999, "result": {}}).encode() + b"\0")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("event", "params", "session_id", "word"),
    [
        ("Target.detachedFromTarget", {"sessionId": "p"}, "", "has been closed"),
        ("Inspector.targetCrashed", {}, "p", "crashed"),
    ],
)
async def test_nobody_waits_for_a_target_that_is_gone(event: str, params: object, session_id: str, word: str) -> None:
    """Who waits is told, who comes later too; the others go on."""
    browser = FakeBrowser({"A.silent": None})
    page, heard = browser.devtools.session("p"), list[Params]()
    page.on("A.event", heard.append)
    waiting = asyncio.create_task(page.send("A.silent"))
    _, promised = browser.devtools.promise("p")
    other = asyncio.create_task(browser.devtools.session("q").send("A.silent"))
    await asyncio.sleep(0)
    browser.tell(event, params, session_id)  # type: ignore[arg-type]
    with pytest.raises(LineError, match=word):
        await waiting
    with pytest.raises(LineError, match=word):
        await promised
    with pytest.raises(LineError, match=word):
        await page.send("A.good")
    browser.tell("A.event", {}, "p")
    assert heard == []
    assert not other.done()
    browser.devtools.lose()
    with pytest.raises(LineError, match="the browser has been closed"):
        await other
    with pytest.raises(LineError, match="the browser has been closed"):
        await browser.devtools.root.send("A.good")


@pytest.mark.asyncio
async def test_an_answer_after_the_caller_left_is_dropped() -> None:
    """A step that took too long was given up; its answer may still come."""
    numbers: list[int] = []
    devtools = DevTools(lambda data: numbers.append(json.loads(data[:-1])["id"]))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(devtools.root.send("A.slow"), 0.01)
    devtools.feed(json.dumps({"id": numbers[0], "result": {}}).encode() + b"\0")
