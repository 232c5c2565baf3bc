"""The render worker's caller: answers, errors, a worker that dies, none at all."""

import asyncio
import sys
from collections.abc import Mapping

import pytest

from crawlers.errors import BrowserFailedError, BrowserMissingError
from crawlers.spiders.render import Renderer

WORKER = """
import json, sys
for line in sys.stdin:
    order = json.loads(line)
    if order["op"] == "quit": break
    url, name = order["url"], order["id"]
    def say(**answer): print(json.dumps({"id": name, **answer}), flush=True)
    if url.endswith("die"): sys.exit(7)
    if url.endswith("hang"): continue
    say(event="progress", stage="loading")
    print("no json", flush=True); print("[1]", flush=True)
    if url.endswith("bad"): say(ok=False, error={"code": "capture.tls_invalid", "message": "expired"})
    elif url.endswith("none"): say(ok=False, error={"code": "capture.browser_missing", "message": "no Chromium"})
    else: say(ok=True, result={"html": "<p>" + url, "status": 200})
"""


def _render(
    *urls: str, timeout_s: float = 120, command: tuple[str, ...] = ()
) -> list[Mapping[str, object] | Exception]:
    async def scene() -> list[Mapping[str, object] | Exception]:
        renderer = Renderer(timeout_s, command or (sys.executable, "-c", WORKER))
        results: list[Mapping[str, object] | Exception] = []
        for url in urls:
            try:
                results.append(await renderer.render(url))
            except (BrowserMissingError, BrowserFailedError) as error:
                results.append(error)
                renderer._timeout_s = 120  # short for the one that was to hang
        await renderer.close()
        await renderer.close()
        return results

    return asyncio.run(scene())


def test_pages_and_errors() -> None:
    """A result, an error with its code, and the next page goes on."""
    one, bad, two = _render("http://a/1", "http://a/bad", "http://a/2")
    assert one == {"html": "<p>http://a/1", "status": 200}
    assert isinstance(bad, BrowserFailedError)
    assert bad.context == {"reason": "capture.tls_invalid"}
    assert two == {"html": "<p>http://a/2", "status": 200}


def test_a_worker_that_dies_is_started_again() -> None:
    """The page fails, the next one is rendered."""
    dead, alive = _render("http://a/die", "http://a/1")
    assert isinstance(dead, BrowserFailedError)
    assert isinstance(alive, dict)


def test_a_worker_that_hangs_is_ended() -> None:
    """The page fails after its time, the next one has a new worker."""
    stuck, alive = _render("http://a/hang", "http://a/1", timeout_s=0.5)
    assert isinstance(stuck, BrowserFailedError)
    assert isinstance(alive, dict)


@pytest.mark.parametrize("command", [(), ("/nonexistent/program",)])
def test_no_browser_is_asked_for_only_once(command: tuple[str, ...]) -> None:
    """Whether the worker says so or cannot be started."""
    first, second = _render("http://a/none", "http://a/1", command=command)
    assert isinstance(first, BrowserMissingError)
    assert isinstance(second, BrowserMissingError)
    assert "Chromium" in second.hint


def test_two_at_a_time() -> None:
    """Pages are asked for together and each gets its own answer."""

    async def scene() -> list[Mapping[str, object]]:
        renderer = Renderer(120, (sys.executable, "-c", WORKER))
        found = await asyncio.gather(*(renderer.render(f"http://a/{number}") for number in range(5)))
        await renderer.close()
        return list(found)

    assert [item["html"] for item in asyncio.run(scene())] == [f"<p>http://a/{number}" for number in range(5)]
