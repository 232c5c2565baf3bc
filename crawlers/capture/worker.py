"""Reads orders, makes them, answers; one line each way."""

import asyncio
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import BinaryIO

from playwright.async_api import Error as PlaywrightError

from crawlers.capture.browser import crashed
from crawlers.capture.errors import CaptureError
from crawlers.capture.order import CaptureOrder, QuitOrder, RecoverOrder, RenderOrder, parse_order
from crawlers.capture.session import Studio
from kernel.config import Settings
from kernel.errors import WangjianError

MAX_LINE_BYTES = 1_000_000

Send = Callable[[dict[str, object]], None]


class Worker:
    """Carries out orders.

    Args:
        studio: where captures are made.
        send: takes one answer.
        parallel: orders carried out at the same time.
    """

    def __init__(self, studio: Studio, send: Send, parallel: int = 1) -> None:
        self._studio = studio
        self._send = send
        self._slots = asyncio.Semaphore(parallel)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, lines: "asyncio.Queue[bytes]") -> None:
        """Take orders until ``quit`` or the end of input (an empty line object), then finish them."""
        while line := await lines.get():
            try:
                order = parse_order(line)
            except CaptureError as error:
                self._send({"id": _id_of(line), "ok": False, "error": error.as_dict()})
                continue
            if isinstance(order, QuitOrder):
                break
            await self._slots.acquire()
            task = asyncio.create_task(self._carry_out(order))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._studio.keeper.close()

    def stop(self) -> None:
        """Drop what is under way: whoever ordered it is gone."""
        for task in self._tasks:
            task.cancel()

    async def _carry_out(self, order: CaptureOrder | RecoverOrder | RenderOrder) -> None:
        def tell(event: dict[str, object]) -> None:
            self._send({"id": order.id, **event})

        try:
            if isinstance(order, CaptureOrder):
                result = await self._studio.capture(order, tell)
            elif isinstance(order, RecoverOrder):
                result = await self._studio.recover(order, tell)
            else:
                result = await self._studio.render(order)
            self._send({"id": order.id, "ok": True, "result": result})
        except WangjianError as error:
            self._send({"id": order.id, "ok": False, "error": error.as_dict()})
        except PlaywrightError as error:
            self._send({"id": order.id, "ok": False, "error": crashed(error).as_dict()})
        except Exception as error:  # noqa: BLE001 - a worker answers every order, whatever happens
            traceback.print_exc(file=sys.stderr)
            failed = CaptureError(
                "failed", f"expected a capture, got {type(error).__name__}: {error}", hint="See the log."
            )
            self._send({"id": order.id, "ok": False, "error": failed.as_dict()})
        finally:
            self._slots.release()


async def serve(settings: Settings, source: int, target: BinaryIO, parallel: int = 1) -> None:
    """Run a worker between two streams.

    Args:
        source: file descriptor of the orders, a JSON object a line.
        target: answers, a JSON object a line.
        parallel: orders carried out at the same time.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    lock = threading.Lock()  # a recovery tells its checkpoint from a thread

    def send(answer: dict[str, object]) -> None:
        line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        with lock:
            target.write(line)
            target.flush()

    def take(line: bytes) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, line)

    # a daemon thread, because a read from standard input cannot be taken back when "quit" came
    threading.Thread(target=read_lines, args=(source, take), daemon=True).start()
    await Worker(Studio(settings), send, parallel).run(lines)


def read_lines(source: int, take: Callable[[bytes], None]) -> None:
    """Pass on each line that is not blank, then an empty one at the end of input.

    A line longer than ``MAX_LINE_BYTES`` is passed on cut, so that it is refused and not kept.
    """
    rest = b""
    while chunk := os.read(source, 65_536):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                take(line)
        if len(rest) > MAX_LINE_BYTES:
            take(rest[:100])
            rest = b""
    if rest.strip():
        take(rest)
    take(b"")


def _id_of(line: bytes) -> str | None:
    """The id of an order that is otherwise wrong, so that the caller knows which."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
