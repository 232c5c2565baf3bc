"""Pages that need a browser: the caller's side of the render worker (``python -m crawlers.capture``).

The worker is a process of its own, started when the first page needs it, asked by JSON lines.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence

from crawlers.capture_door import is_over, knock
from crawlers.errors import BrowserFailedError, BrowserMissingError
from kernel.config import ROOT

AT_ONCE = 2
LINE_BYTES = 64_000_000
GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.02
COMMAND = (sys.executable, "-m", "crawlers.capture", "--parallel", str(AT_ONCE))
MISSING = "capture.browser_missing"
QUIT = b'{"op":"quit"}\n'


class Guest:
    """A place at the capture service: the part of ``asyncio.subprocess.Process`` that is used here."""

    def __init__(self, wire: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wire = wire
        self.stdout, self.stdin = reader, writer

    @classmethod
    async def come_in(cls, wire: socket.socket) -> "Guest":
        """Begin the call.

        Raises:
            OSError: the service is gone.
        """
        wire.setblocking(False)  # noqa: FBT003 - its one way to be called
        reader, writer = await asyncio.open_connection(sock=wire, limit=LINE_BYTES)
        writer.write(b'{"environment":{}}\n')
        return cls(wire, reader, writer)

    @property
    def returncode(self) -> int | None:
        """None while the service listens."""
        return 1 if self._wire.fileno() < 0 or is_over(self._wire) else None

    async def wait(self) -> int:
        """Until the service has hung up."""
        while self.returncode is None:  # noqa: ASYNC110 - a hang-up has no event that one could wait for
            await asyncio.sleep(LOOK_SECONDS)
        self.stdin.close()
        return 1

    def kill(self) -> None:
        """Hang up: what is under way is dropped."""
        self.stdin.transport.abort()


class Renderer:
    """One render worker, at most two pages at a time.

    Args:
        timeout_s: longest wait for one page, seconds.
        command: what to start.
    """

    def __init__(self, timeout_s: float, command: Sequence[str] = COMMAND) -> None:
        self._timeout_s = timeout_s
        self._command = command
        self._room = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Lock()
        self._shares = command == COMMAND
        self._process: Process | Guest | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[Mapping[str, object]]] = {}
        self._count = 0
        self._missing = ""

    async def render(self, url: str) -> Mapping[str, object]:
        """The page's DOM after its scripts ran.

        Returns:
            the worker's result: ``html status url remote_address``.

        Raises:
            BrowserMissingError: there is no browser on this machine; nobody need ask again.
            BrowserFailedError: this page could not be rendered.
        """
        if self._missing:
            raise BrowserMissingError(self._missing, hint=_HINT)
        async with self._room:
            process = await self._started()
            self._count += 1
            identifier = f"render-{self._count}"
            future = asyncio.get_running_loop().create_future()
            self._waiting[identifier] = future
            try:
                line = json.dumps({"op": "render", "id": identifier, "url": url}) + "\n"
                await _write(process, line.encode())
                answer = await asyncio.wait_for(future, self._timeout_s)
            except TimeoutError as error:
                await self.close(grace_s=0)
                raise BrowserFailedError(
                    f"expected {url} to be rendered within {self._timeout_s:.0f} s, got no answer"
                ) from error
            except OSError as error:
                raise BrowserFailedError(f"expected the render worker to listen, got: {error}") from error
            finally:
                self._waiting.pop(identifier, None)
        return self._result(answer)

    def _result(self, answer: Mapping[str, object]) -> Mapping[str, object]:
        result = answer.get("result")
        if answer.get("ok") and isinstance(result, dict):
            return result
        error = answer.get("error")
        fields = error if isinstance(error, dict) else {}
        code, message = str(fields.get("code", "")), str(fields.get("message", "the render worker failed"))
        if code == MISSING:
            self._missing = message
            raise BrowserMissingError(message, hint=str(fields.get("hint") or _HINT))
        raise BrowserFailedError(message, context={"reason": code})

    async def close(self, grace_s: float = GRACE_SECONDS) -> None:
        """End the worker and its browser."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(OSError, TimeoutError):
                await _write(process, QUIT)
                await asyncio.wait_for(process.wait(), grace_s)
        if process.returncode is None:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader

    async def _started(self) -> Process | Guest:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                if self._shares and (wire := knock()) is not None:
                    self._process = await Guest.come_in(wire)
                    self._reader = asyncio.create_task(self._read(self._process))
                    return self._process
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        stdin=PIPE,
                        stdout=PIPE,
                        stderr=DEVNULL,
                        cwd=ROOT,
                        env={**os.environ, "PYTHONPATH": str(ROOT)},
                        limit=LINE_BYTES,
                    )
                except OSError as error:
                    self._missing = f"expected to start the render worker, got: {error}"
                    raise BrowserMissingError(self._missing, hint=_HINT) from error
                self._reader = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: Process | Guest) -> None:
        """Hand each final answer to the one who waits; when the worker ends, all waiting fail."""
        stream = process.stdout
        while stream is not None and (line := await _next_line(stream)):
            answer = _parsed(line)
            future = self._waiting.get(str(answer.get("id")))
            if "ok" in answer and future is not None and not future.done():
                future.set_result(answer)
        await process.wait()
        for future in self._waiting.values():
            if not future.done():
                message = f"the render worker ended with status {process.returncode}"
                future.set_result({"ok": False, "error": {"code": "capture.ended", "message": message}})


_HINT = "Install Chromium (Debian: apt-get install chromium) or set WANGJIAN_CHROMIUM_PATH; the other pages go on."


async def _next_line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than LINE_BYTES: that page is lost, the stream is out of step
        return b""


def _parsed(line: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def _write(process: Process | Guest, data: bytes) -> None:
    if process.stdin is None:
        raise BrokenPipeError("no pipe to the render worker")
    process.stdin.write(data)
    await process.stdin.drain()
