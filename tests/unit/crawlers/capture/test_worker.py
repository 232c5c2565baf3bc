"""The line protocol, without a browser."""

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest
from playwright.async_api import Error as PlaywrightError

from crawlers.capture.errors import CaptureError
from crawlers.capture.worker import MAX_LINE_BYTES, Worker, read_lines


class FakeKeeper:
    """A browser that is only closed."""

    closed = False

    async def close(self) -> None:
        """Remember it."""
        self.closed = True


class FakeStudio:
    """Answers by the last part of the URL."""

    def __init__(self) -> None:
        self.keeper = FakeKeeper()

    async def capture(self, order: object, tell: object) -> dict[str, object]:
        """Tell a stage, then do as the URL says."""
        tell({"event": "progress", "stage": "loading"})  # type: ignore[operator]
        word = order.url.rpartition("/")[2]  # type: ignore[attr-defined]
        if word == "own":
            raise CaptureError("timeout", "expected, got", hint="do")
        if word == "crash":
            raise PlaywrightError("Target crashed")
        if word == "bug":
            raise ZeroDivisionError("oops")
        return {"word": word}

    async def render(self, order: object) -> dict[str, object]:  # noqa: ARG002 - as the studio takes it
        """Give a page."""
        return {"html": "价"}


def line(word: str, op: str = "capture") -> bytes:
    """An order line."""
    value = {"op": op, "id": word, "url": f"http://a.example/{word}"}
    return json.dumps(value | ({"out": f"/x/{word}"} if op == "capture" else {})).encode()


@pytest.mark.asyncio
async def test_every_order_gets_exactly_one_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Good, refused, crashed, buggy and unreadable orders are all answered; quit ends it."""
    answers: list[dict[str, object]] = []
    studio = FakeStudio()
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    for item in (line("ok"), line("own"), line("crash"), line("bug"), line("r", "render"), b"[]", b'{"id":"z"}', b"{"):
        lines.put_nowait(item)
    lines.put_nowait(b'{"op":"quit"}')
    await Worker(studio, answers.append, parallel=2).run(lines)  # type: ignore[arg-type]
    final = {str(item["id"]): item for item in answers if "ok" in item}
    assert final["ok"]["result"] == {"word": "ok"}
    assert final["r"]["result"] == {"html": "价"}
    codes = {name: item["error"]["code"] for name, item in final.items() if not item["ok"]}  # type: ignore[index]
    assert codes == {
        "own": "capture.timeout",
        "crash": "capture.browser_crashed",
        "bug": "capture.failed",
        "z": "capture.bad_order",
        "None": "capture.bad_order",
    }
    assert sum("ok" in item for item in answers) == 8
    assert {"id": "ok", "event": "progress", "stage": "loading"} in answers
    assert studio.keeper.closed
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_lines_are_cut_out_of_any_chunks(tmp_path: Path) -> None:
    """Blank lines are dropped, a last line without end counts, an over-long one is cut."""
    source, sink = os.pipe()
    taken: list[bytes] = []
    reader = threading.Thread(target=read_lines, args=(source, taken.append))
    reader.start()
    for chunk in (b"one\n\n", b"tw", b"o\nthr", b"ee"):
        os.write(sink, chunk)
    os.close(sink)
    reader.join(120)
    os.close(source)
    assert taken == [b"one", b"two", b"three", b""]
    file = tmp_path / "long"
    file.write_bytes(b"x" * (MAX_LINE_BYTES + 70_000))
    descriptor = os.open(file, os.O_RDONLY)
    taken.clear()
    read_lines(descriptor, taken.append)
    os.close(descriptor)
    assert taken[0] == b"x" * 100
    assert taken[-1] == b""
