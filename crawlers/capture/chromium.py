"""A Chromium process, and the pipe to it."""

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from crawlers.capture.devtools import LOST, DevTools, LineError

FROM_US, TO_US = 3, 4
"""File descriptors that Chromium reads from and writes to with ``--remote-debugging-pipe``."""
PIPE_BYTES = 1_048_576
_ABOVE = 10
_GRACE_S = 5.0


class _Reading(asyncio.Protocol):
    def __init__(self, devtools: DevTools) -> None:
        self._devtools = devtools

    def data_received(self, data: bytes) -> None:
        self._devtools.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._devtools.lose()


class Chromium:
    """A running Chromium, in a process group of its own.

    Args:
        path: its program. arguments: with ``--remote-debugging-pipe`` among them. environment: all of it.
        log: file that takes what it writes.

    Raises:
        OSError: it cannot be started.

    Attributes:
        devtools: what is said to it, once :meth:`connect` is done.
    """

    def __init__(self, path: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.devtools = DevTools(self._send)
        self._log = log
        self._reading: asyncio.BaseTransport | None = None
        self._writing: asyncio.WriteTransport | None = None
        theirs_in, out = _pipe()
        source, theirs_out = _pipe()
        self._ends = os.fdopen(source, "rb", buffering=0), os.fdopen(out, "wb", buffering=0)
        try:
            self._pid = os.posix_spawn(
                path,
                [path, *arguments],
                dict(environment),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                    (os.POSIX_SPAWN_DUP2, theirs_in, FROM_US),
                    (os.POSIX_SPAWN_DUP2, theirs_out, TO_US),
                ],
                setsid=True,
            )
        except OSError:
            for end in self._ends:
                end.close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    async def connect(self) -> None:
        """Begin to hear it."""
        loop = asyncio.get_running_loop()
        source, out = self._ends
        self._writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, out)
        self._reading, _ = await loop.connect_read_pipe(lambda: _Reading(self.devtools), source)

    def _send(self, message: bytes) -> None:
        if self._writing is None:
            raise LineError(LOST)
        self._writing.write(message)

    def said(self) -> str:
        """The last line it wrote."""
        with contextlib.suppress(OSError):
            lines = [line for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
            return lines[-1] if lines else ""
        return ""

    async def end(self) -> None:
        """Ask it to end, then end its whole group."""
        with contextlib.suppress(LineError, TimeoutError):  # gone already is what was wanted
            await asyncio.wait_for(self._close(), _GRACE_S)
        for transport in (self._reading, self._writing):
            if transport is not None:
                transport.close()
        for end in self._ends if self._reading is None else ():
            end.close()
        self.devtools.lose()
        await asyncio.to_thread(_bury, self._pid)

    async def _close(self) -> None:
        await self.devtools.root.send("Browser.close")
        await self.devtools.over.wait()


def _bury(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _pipe() -> tuple[int, int]:
    """Ends of a pipe above the numbers that Chromium's own ends get; a large one, for a picture is a message."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _ABOVE))
        os.close(end)
    with contextlib.suppress(OSError):
        fcntl.fcntl(ends[0], fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return ends[0], ends[1]
