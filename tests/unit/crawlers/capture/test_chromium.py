"""The browser's process and the pipe to it, with a small program in its place."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from crawlers.capture.chromium import Chromium
from crawlers.capture.devtools import LineError

PROGRAM = """#!{python}
import json, os, sys, time
print("started", sys.argv[1:], os.environ.get("ONLY"), os.getpid() == os.getsid(0), flush=True)
rest = b""
while True:
    data = os.read(3, 65536)
    if not data:
        sys.exit(0)
    *whole, rest = (rest + data).split(b"\\0")
    for message in whole:
        order = json.loads(message)
        if order["method"] == "Die":
            sys.exit(3)
        result = {{"size": len(message), "big": "x" * order["params"].get("big", 0)}}
        out = json.dumps({{"id": order["id"], "result": result}}).encode() + b"\\0"
        while out:
            out = out[os.write(4, out):]
        if order["method"] == "Browser.close":
            {close}
"""


def _program(folder: Path, close: str) -> str:
    path = folder / "browser"
    path.write_text(PROGRAM.format(python=sys.executable, close=close))
    path.chmod(0o700)
    return str(path)


@pytest.mark.asyncio
@pytest.mark.parametrize("close", ["sys.exit(0)", "time.sleep(60)"])
async def test_it_talks_over_its_own_pipe_and_ends(tmp_path: Path, close: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment it was given; messages larger than the pipe pass; it ends, if need be by force."""
    monkeypatch.setattr("crawlers.capture.chromium._GRACE_S", 0.5)
    chromium = Chromium(_program(tmp_path, close), ["--a"], {"ONLY": "this"}, tmp_path / "log")
    await chromium.connect()
    send = chromium.devtools.root.send
    answers = await asyncio.gather(send("A", {"big": 3_000_000}), send("B", {"text": "y" * 3_000_000}))
    assert len(answers[0]["big"]) == 3_000_000
    assert answers[1]["size"] > 3_000_000
    assert chromium.said() == "started ['--a'] this True"
    await chromium.end()
    with pytest.raises(ProcessLookupError):
        os.kill(chromium._pid, 0)
    with pytest.raises(LineError):
        await send("A")


@pytest.mark.asyncio
async def test_one_that_dies_leaves_nobody_waiting(tmp_path: Path) -> None:
    """Who waits is told; to end it again is no error."""
    chromium = Chromium(_program(tmp_path, "pass"), [], {}, tmp_path / "log")
    await chromium.connect()
    with pytest.raises(LineError, match="the browser has been closed"):
        await chromium.devtools.root.send("Die")
    await chromium.end()


def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    """No descriptor stays open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="No such file"):
        Chromium(str(tmp_path / "none"), [], {}, tmp_path / "log")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.asyncio
async def test_nothing_is_said_before_it_is_heard(tmp_path: Path) -> None:
    """A command before the connection is refused; one that was never connected ends too."""
    chromium = Chromium(_program(tmp_path, "pass"), [], {}, tmp_path / "log")
    with pytest.raises(LineError):
        await chromium.devtools.root.send("A")
    await chromium.end()
    assert Chromium.said(chromium) in {"", "started [] None True"}
