"""The reading room: the crawl process's side of its page reader, which works beside it on another core.

A page goes out as soon as it has come, and its facts come back in the same order. A reader that dies
over a page (or does not come to an end with it) is started anew, and takes up what the dead one held;
a page that ends two readers is unreadable. Nothing is recorded here: a crawl that is killed loses what
was being read together with the leases, and another fetches it again.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from crawlers.errors import PageReaderError
from crawlers.wire import answers_in, page_frame
from kernel.clock import monotonic
from kernel.config import ROOT
from kernel.facts import PageFacts

COMMAND = (sys.executable, "-m", "crawlers.page_reader")
DEATHS = 2
"""Readers a page may end before it is called unreadable."""
PAGE_SECONDS = 60.0
WATCH_SECONDS = 5.0
WIRE_BYTES = 1 << 20
ROOMY = {"MALLOC_TRIM_THRESHOLD_": "8388608", "MALLOC_MMAP_THRESHOLD_": "1048576"}
"""What a page's tree was made of is kept for the next one: to give it back and ask again is 4 % of the work."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page nobody understands, and why."""

    detail: str


@dataclass(frozen=True, slots=True)
class _Ended:
    """The reader ended before it answered. ``guilty``: over this very page."""

    guilty: bool


_Word = PageFacts | Unreadable | _Ended


class _Line(asyncio.Protocol):
    """One reader process and the wire to it."""

    def __init__(self, process: subprocess.Popen[bytes], page_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bool] = loop.create_future()
        self.gone = False
        self._lost: asyncio.Future[None] = loop.create_future()
        self._process = process
        self._page_s = page_s
        self._waiting: deque[asyncio.Future[_Word]] = deque()
        self._since = 0.0
        self._data = bytearray()
        self._watch = loop.call_later(WATCH_SECONDS, self._look)

    def ask(self, frame: bytes) -> asyncio.Future[_Word]:
        """Send a page; the future brings the word on it."""
        future: asyncio.Future[_Word] = asyncio.get_running_loop().create_future()
        if not self._waiting:
            self._since = monotonic()
        self._waiting.append(future)
        self._transport.write(frame)
        return future

    async def end(self) -> None:
        """Close the wire, which ends the process."""
        self._watch.cancel()
        self._transport.abort()
        await self._lost
        await asyncio.to_thread(_end, self._process)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand every whole answer to the one who waits for it."""
        self._data += data
        try:
            answers = answers_in(self._data)
        except (ValueError, TypeError, KeyError, IndexError):
            self._transport.abort()
            return
        self._since = monotonic()
        for answer in answers:
            if answer is None:
                if not self.ready.done():
                    self.ready.set_result(True)
                continue
            if not self._waiting:
                self._transport.abort()
                return
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(Unreadable(answer) if isinstance(answer, str) else answer)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell all who wait that the reader ended; the first of them, that it was over their page."""
        del error
        self.gone = True
        if not self.ready.done():
            self.ready.set_result(False)
        for place, future in enumerate(self._waiting):
            if not future.done():
                future.set_result(_Ended(guilty=not place))
        self._waiting.clear()
        self._lost.set_result(None)

    def _look(self) -> None:
        """One page must not hold up the others for ever."""
        if self._waiting and monotonic() - self._since > self._page_s:
            self._process.kill()
        self._watch = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look)


class ReadingRoom:
    """Reads pages in a process of its own, started with the first page.

    Args:
        command: what to start. page_s: longest time for one page, seconds.

    Effects: one child process, which ends with this one.
    """

    def __init__(self, command: Sequence[str] = COMMAND, page_s: float = PAGE_SECONDS) -> None:
        self._command = command
        self._page_s = page_s
        self._line: _Line | None = None
        self._starting = asyncio.Lock()

    async def read(self, body: bytes, *, url: str, content_type: str, platform: str) -> PageFacts | Unreadable:
        """All that a page says but for its visible text, or why it cannot be read.

        Args:
            as for ``crawlers.extraction.extract``.

        Raises:
            PageReaderError: no reader comes up on this machine.
        """
        frame = page_frame(body, url=url, content_type=content_type, platform=platform)
        deaths = 0
        while deaths < DEATHS:
            line = self._line
            if line is None or line.gone:
                line = await self._started()
            word = await line.ask(frame)
            if not isinstance(word, _Ended):
                return word
            deaths += word.guilty
        return Unreadable("the page reader ended over it, twice")

    async def start(self) -> None:
        """Start the reader now, so that the first page need not wait for it.

        Raises:
            PageReaderError: it does not come up.
        """
        await self._started()

    async def close(self) -> None:
        """End the reader."""
        line, self._line = self._line, None
        if line is not None:
            await line.end()

    async def _started(self) -> _Line:
        async with self._starting:
            if self._line is not None and not self._line.gone:
                return self._line
            if self._line is not None:
                await self._line.end()
            self._line = line = await self._open()
            if not await line.ready:
                raise PageReaderError("expected the page reader to start, got its end", hint=_HINT)
            return line

    async def _open(self) -> _Line:
        ours, theirs = socket.socketpair()
        try:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WIRE_BYTES)
            process = _start(self._command, theirs)
        except OSError as error:
            ours.close()
            raise PageReaderError(f"expected to start the page reader, got: {error}", hint=_HINT) from error
        finally:
            theirs.close()
        ours.setblocking(False)  # noqa: FBT003 - the standard library's name for it
        loop = asyncio.get_running_loop()
        _, line = await loop.create_unix_connection(lambda: _Line(process, self._page_s), sock=ours)
        return line


_HINT = "Look at the lines above it in the log: the reader says there why it ends. Memory may be short."


def _start(command: Sequence[str], wire: socket.socket) -> subprocess.Popen[bytes]:
    """Start a reader in a session of its own: the kernel shares a busy machine out by session, and two work here."""
    end = wire.fileno()
    environment = {**os.environ, **ROOMY}
    return subprocess.Popen(list(command), cwd=ROOT, env=environment, stdin=end, stdout=end, start_new_session=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a reader whose wire is closed: it holds nothing that anybody waits for."""
    process.kill()
    process.wait()
