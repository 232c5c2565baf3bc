"""The capture service: ``python -m crawlers.capture.service``, with a listening Unix socket as standard input.

A capture worker for many callers, with one browser driver for all of them. Each connection is what standard
input and output are to ``python -m crawlers.capture``: orders in, answers out, a browser of its own, which ends
with it. Only the first line is no order: ``{"environment": {...}}``, settings that count for this caller alone.
A caller that hangs up is not worked for any longer.
It ends on SIGTERM. Only processes of the same user are let in.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from typing import Any, cast

from crawlers.capture.driver import shared_driver
from crawlers.capture.session import Studio
from crawlers.capture.worker import MAX_LINE_BYTES, Worker
from crawlers.capture_door import is_over
from kernel.config import Settings
from kernel.peer import is_ours

AT_ONCE = 2
"""Orders of one caller carried out at the same time."""
LINGER_SECONDS = 30.0
PREFIX = "WANGJIAN_"


class Service:
    """Takes callers."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, listener: socket.socket) -> None:
        """Serve until cancelled, then end what is under way."""
        shared_driver().linger_s = LINGER_SECONDS
        server = await asyncio.start_unix_server(self._accept, sock=listener, limit=MAX_LINE_BYTES)
        try:
            await server.serve_forever()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await shared_driver().close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = cast("socket.socket", writer.get_extra_info("socket"))
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if is_ours(wire):
                await self._attend(reader, writer, wire)
        finally:
            writer.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: socket.socket) -> None:
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        loop, own_thread = asyncio.get_running_loop(), threading.get_ident()

        def send(answer: dict[str, object]) -> None:
            line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
            if threading.get_ident() == own_thread:
                writer.write(line)
            else:  # a recovery tells its checkpoint from a thread
                loop.call_soon_threadsafe(writer.write, line)

        config = _settings_of(await reader.readline())
        if config is None:
            return
        worker = Worker(Studio(config), send, AT_ONCE)
        work = asyncio.create_task(worker.run(lines))
        hearing = asyncio.create_task(_hear(reader, lines, wire))
        try:
            await asyncio.wait((work, hearing), return_when=asyncio.FIRST_COMPLETED)
            if hearing.done() and not hearing.result():
                worker.stop()
            await work
        except asyncio.CancelledError:
            worker.stop()
            lines.put_nowait(b"")
            await work
            raise
        finally:
            hearing.cancel()
            with contextlib.suppress(OSError):
                await writer.drain()


def _settings_of(line: bytes) -> Settings | None:
    """Our settings with what the caller wants otherwise, in the first line of a call; None when it is no such line."""
    try:
        wanted = json.loads(line)["environment"]
        values: dict[str, Any] = {name.removeprefix(PREFIX).lower(): str(value) for name, value in wanted.items()}
        return Settings(**values) if values.keys() <= Settings.model_fields.keys() else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


async def _hear(reader: asyncio.StreamReader, lines: "asyncio.Queue[bytes]", wire: socket.socket) -> bool:
    """Pass on each order, then an empty one; False when the caller is gone and wants no more answers."""
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            line = end.partial
            if not line:
                break
        except asyncio.LimitOverrunError as error:
            # As a worker does it: passed on cut, so that it is refused and not kept.
            line = (await reader.read(error.consumed))[:100]
        except OSError:
            break
        if line.strip():
            lines.put_nowait(line)
    lines.put_nowait(b"")
    return not is_over(wire)


async def _serve(listener: socket.socket) -> None:
    task = cast("asyncio.Task[None]", asyncio.current_task())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Service().run(listener)


def main() -> None:
    """Serve until SIGTERM."""
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as listener:
        asyncio.run(_serve(listener))


if __name__ == "__main__":
    main()
