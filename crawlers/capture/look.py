"""How the page looks: pictures, PDF, DOM, and the scrolling that wakes lazy parts."""

import asyncio
import base64
import contextlib
from dataclasses import dataclass

from crawlers.capture.line import Line, LineError
from crawlers.capture.traffic import Traffic
from kernel.clock import monotonic

MAX_HEIGHT_PX = 16_000
"""Highest full-page picture; above it Chromium repeats or blanks what it cannot hold."""
MAX_SCROLLS = 60
MAX_DOM_CHARACTERS = 20_000_000
_SETTLE_S = 0.06
_FRAMES_S = 0.25
_FRAMES = "new Promise(done=>requestAnimationFrame(()=>requestAnimationFrame(()=>setTimeout(done,0))))"
"""Two frames: what comes into view is seen by the page's observers in the first, and asked for by the second."""
_STEP_CAP_S = 1.0
_EXTENT = (
    "(()=>{const e=document.scrollingElement||document.documentElement||document.body;"
    "return e?[Math.round(scrollY),e.scrollHeight,innerHeight]:[0,0,innerHeight]})()"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of the page; ``clipped`` where the page is higher than a picture can be."""

    png: bytes
    width: int
    height: int
    clipped: bool


@dataclass(frozen=True, slots=True)
class Scrolling:
    """How scrolling went.

    Attributes:
        steps: taken. height_px: of the page at the end.
        stop: ``bottom``, ``steps``, ``height`` or ``time``.
    """

    steps: int
    height_px: int
    stop: str


async def picture(line: Line, width: int) -> Picture:
    """The whole page as a picture.

    Raises:
        LineError: the browser gave none.
    """
    metrics = await line.send("Page.getLayoutMetrics")
    size = metrics["cssContentSize"]
    view = metrics["cssLayoutViewport"]
    height = max(int(size["height"]), int(view["clientHeight"]), 1)
    shown = min(height, MAX_HEIGHT_PX)
    clip = {"x": 0, "y": 0, "width": width, "height": shown, "scale": 1}
    arguments = {"format": "png", "captureBeyondViewport": True, "optimizeForSpeed": True, "clip": clip}
    result = await line.send("Page.captureScreenshot", arguments)
    return Picture(base64.b64decode(result["data"]), width, shown, clipped=shown < height)


async def scroll(line: Line, traffic: Traffic, cap_s: float) -> Scrolling:
    """Go down a screen at a time, slowly enough for lazy images, then back to the top.

    Args:
        cap_s: seconds for all of it.
    """
    end = monotonic() + cap_s
    world = await _own_world(line)
    position, height, view = await _extent(line, world)
    steps, stop = 0, "bottom"
    while position + view < height:
        if steps >= MAX_SCROLLS or height > MAX_HEIGHT_PX * 2 or monotonic() > end:
            stop = "time" if monotonic() > end else "height" if height > MAX_HEIGHT_PX * 2 else "steps"
            break
        steps += 1
        target = position + max(view * 9 // 10, 1)
        await _evaluate(line, world, f"scrollTo({{top:{target},behavior:'instant'}})")
        await _shown(line, world)
        await traffic.calm(_SETTLE_S, _STEP_CAP_S)
        before = position
        position, height, view = await _extent(line, world)
        if position <= before:
            break  # the page does not let itself be scrolled further
    await _evaluate(line, world, "scrollTo({top:0,behavior:'instant'})")
    await traffic.calm(_SETTLE_S, _STEP_CAP_S)
    return Scrolling(steps, height, stop)


async def document(line: Line) -> str:
    """The DOM after scripts as HTML, cut at ``MAX_DOM_CHARACTERS``.

    Raises:
        LineError: the page does not answer.
    """
    root = await line.send("DOM.getDocument", {"depth": 0})
    result = await line.send("DOM.getOuterHTML", {"nodeId": root["root"]["nodeId"]})
    return str(result["outerHTML"])[:MAX_DOM_CHARACTERS]


async def title(line: Line) -> str:
    """The title as the browser shows it, at most 1,000 characters."""
    result = await line.send("Target.getTargetInfo")
    return str(result["targetInfo"].get("title", ""))[:1_000]


async def pdf(line: Line) -> bytes:
    """The page printed on A4.

    Raises:
        LineError: the browser gave none.
    """
    arguments = {
        "printBackground": True,
        "paperWidth": 8.27,
        "paperHeight": 11.69,
        "preferCSSPageSize": False,
        "generateTaggedPDF": False,
        "generateDocumentOutline": False,
    }
    result = await line.send("Page.printToPDF", arguments)
    return base64.b64decode(result["data"])


async def _own_world(line: Line) -> int:
    """A script world of our own in the page: its scripts cannot change what ours means."""
    tree = await line.send("Page.getFrameTree")
    frame = tree["frameTree"]["frame"]["id"]
    result = await line.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "wangjian"})
    return int(result["executionContextId"])


async def _shown(line: Line, world: int) -> None:
    """Wait until the page was drawn where it is now; a page that draws no frames is not waited for long."""
    arguments = {"expression": _FRAMES, "awaitPromise": True, "returnByValue": True, "contextId": world}
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(line.send("Runtime.evaluate", arguments), _FRAMES_S)


async def _extent(line: Line, world: int) -> tuple[int, int, int]:
    """Scroll position, height of the page and of the window, in CSS pixels."""
    value = await _evaluate(line, world, _EXTENT)
    if isinstance(value, list) and len(value) == 3 and all(isinstance(item, int | float) for item in value):
        return int(value[0]), int(value[1]), int(value[2])
    raise LineError("the page does not tell its size")


async def _evaluate(line: Line, world: int, expression: str) -> object:
    arguments = {"expression": expression, "returnByValue": True, "contextId": world}
    result = await line.send("Runtime.evaluate", arguments)
    if "exceptionDetails" in result:
        raise LineError(f"script failed: {result['exceptionDetails'].get('text', '')}")
    return result.get("result", {}).get("value")
