"""Serves the market on loopback: one HTTP port, one TLS port, virtual hosts by the Host header."""

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections import deque
from collections.abc import Awaitable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, time
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop

from kernel import clock
from simulators.market.addresses import CONTROL_HOST, EXPIRED_HOST, HOSTILE_HOST
from simulators.market.certificates import Authority, server_context
from simulators.market.days import date_of
from simulators.market.hostile import HostileHost
from simulators.market.model import Page, Ports
from simulators.market.wire import Connection, Reply, Request
from simulators.market.world import DEFAULT_SEED, World

LOG_LENGTH = 50_000
LOOK_BACK = 7
"""How many days back a page is compared to date its last change."""
JSON = (("Content-Type", "application/json; charset=utf-8"),)
EXPIRED_PAGE = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>过期证书商店</title></head>"
    "<body><h1>过期证书商店</h1></body></html>"
)


class Market:
    """The answers of every host. Worlds of past days are kept, so that a page can be dated."""

    def __init__(self, ports: Ports, *, day: int = 0, seed: int = DEFAULT_SEED) -> None:
        self.ports = ports
        self.seed = seed
        self.started = clock.monotonic()
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.hostile = HostileHost(ports)
        self._worlds: dict[int, World] = {}
        self._ready: dict[tuple[int, str, str], tuple[Reply, str, str]] = {}
        self.day = day
        self.world = self.world_of(day)

    def world_of(self, day: int) -> World:
        """The market on a day."""
        if day not in self._worlds:
            self._worlds[day] = World(day, self.ports, self.seed)
        return self._worlds[day]

    def move_to(self, day: int) -> None:
        """Make it another day."""
        self.world = self.world_of(day)
        self.day = day

    def __call__(self, request: Request) -> Reply | Awaitable[Reply]:
        """Answer a request and note it (the control host's are not noted)."""
        if request.host == CONTROL_HOST:
            return self._control(request)
        self.log.append(
            {
                "at": round(clock.monotonic() - self.started, 4),
                "method": request.method,
                "host": request.host,
                "path": request.path,
                "port": request.port,
                "tls": request.tls,
                "user_agent": request.headers.get("user-agent", ""),
                "day": self.day,
            }
        )
        if request.host == HOSTILE_HOST:
            return self.hostile(request)
        if request.host == EXPIRED_HOST:
            return Reply(200, EXPIRED_PAGE.encode(), (("Content-Type", "text/html; charset=utf-8"),))
        if request.method not in {"GET", "HEAD"}:
            return Reply(405, b"", (("Allow", "GET, HEAD"),))
        return self._page(request)

    def _page(self, request: Request) -> Reply:
        key = (self.day, request.host, request.path)
        if key not in self._ready:
            self._ready[key] = self._prepare(request.host, request.path)
        reply, etag, modified = self._ready[key]
        if etag and request.headers.get("if-none-match") == etag:
            return Reply(304, b"", (("ETag", etag),))
        if modified and _not_newer(modified, request.headers.get("if-modified-since", "")):
            return Reply(304, b"", (("Last-Modified", modified),))
        return reply

    def _prepare(self, host: str, path: str) -> tuple[Reply, str, str]:
        page = self.world.page(host, path)
        how = self.world.validators(path) if page.status == 200 else ""
        etag = f'"{hashlib.sha256(page.body).hexdigest()[:24]}"' if how == "etag" else ""
        modified = self._changed_on(host, path, page) if how == "date" else ""
        headers = [("Content-Type", page.content_type), *page.headers]
        headers += [("ETag", etag)] if etag else []
        headers += [("Last-Modified", modified)] if modified else []
        return Reply(page.status, page.body, tuple(headers)), etag, modified

    def _changed_on(self, host: str, path: str, page: Page) -> str:
        """The day a page last changed, at most ``LOOK_BACK`` days ago, as an HTTP date."""
        day = self.day
        while day > max(0, self.day - LOOK_BACK) and self.world_of(day - 1).page(host, path).body == page.body:
            day -= 1
        at = datetime.combine(date_of(day), time(0, 10), clock.CHINA)
        return format_datetime(clock.as_utc(at), usegmt=True)

    def _control(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        if parts.path == "/__requests__":
            if request.method == "DELETE":
                self.log.clear()
                self.hostile.forget()
            return Reply(200, json.dumps(list(self.log), ensure_ascii=False).encode(), JSON)
        if parts.path == "/__day__":
            if request.method == "POST":
                wanted = parse_qs(parts.query).get("day", [""])[0]
                if not wanted.isdecimal() or int(wanted) > 365:
                    return Reply(400, b'{"error": "expected day=0..365"}', JSON)
                self.move_to(int(wanted))
            return Reply(200, json.dumps({"day": self.day}).encode(), JSON)
        return Reply(404, b'{"error": "expected /__requests__ or /__day__"}', JSON)


def _not_newer(modified: str, since: str) -> bool:
    if not since:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class RunningMarket:
    """A market that is being served. ``ca_file`` is the PEM file of the CA made for it."""

    ports: Ports
    ca_file: Path
    market: Market

    @property
    def world(self) -> World:
        """The market on the day it is now."""
        return self.market.world

    def requests(self) -> list[dict[str, Any]]:
        """The requests seen so far, oldest first."""
        return list(self.market.log)

    def move_to(self, day: int) -> None:
        """Make it another day."""
        self.market.move_to(day)


async def serve(ports: Ports, folder: Path, *, day: int, seed: int, ready: "asyncio.Future[RunningMarket]") -> None:
    """Serve until cancelled; port 0 takes a free one.

    Effects: listens on 127.0.0.1; writes certificates in ``folder``.
    """
    loop = asyncio.get_running_loop()
    open_ones: set[Connection] = set()
    market: Market | None = None  # made once the ports are known, for they stand in its URLs

    def answer(request: Request) -> Reply | Awaitable[Reply]:
        if market is None:  # a client guessed the port before we were ready
            return Reply(503)
        return market(request)

    context = server_context(Authority(clock.now()), folder)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(_hang_up, open_ones)
        plain = await loop.create_server(
            lambda: Connection(answer, tls=False, open_ones=open_ones), "127.0.0.1", ports.http, backlog=512
        )
        stack.callback(plain.close)
        secure = await loop.create_server(
            lambda: Connection(answer, tls=True, open_ones=open_ones), "127.0.0.1", ports.tls, ssl=context, backlog=512
        )
        stack.callback(secure.close)
        http_port: int = plain.sockets[0].getsockname()[1]
        tls_port: int = secure.sockets[0].getsockname()[1]
        market = Market(Ports(http_port, tls_port), day=day, seed=seed)
        ready.set_result(RunningMarket(market.ports, folder / "ca.pem", market))
        await asyncio.Event().wait()


def _hang_up(open_ones: set[Connection]) -> None:
    for connection in list(open_ones):
        connection.close()


def write_ready(path: Path, running: RunningMarket) -> None:
    """Say where the market listens. Effects: writes ``path`` in one step."""
    said = {
        "http_port": running.ports.http,
        "tls_port": running.ports.tls,
        "ca_file": str(running.ca_file),
        "pid": os.getpid(),
    }
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)


@contextlib.contextmanager
def running_market(day: int = 0, seed: int = DEFAULT_SEED, ports: Ports | None = None) -> Iterator[RunningMarket]:
    """A market served from a thread of this process on free ports, for tests.

    Effects: listens on 127.0.0.1; keeps certificates in a temporary folder until the end.
    """
    with tempfile.TemporaryDirectory(prefix="market-") as name:
        loop = uvloop.new_event_loop()
        ready: asyncio.Future[RunningMarket] = loop.create_future()
        task = loop.create_task(serve(ports or Ports(0, 0), Path(name), day=day, seed=seed, ready=ready))
        started: Future[RunningMarket] = Future()
        ready.add_done_callback(lambda done: started.set_result(done.result()))
        thread = threading.Thread(target=_run, args=(loop, task, started), name="market", daemon=True)
        thread.start()
        try:
            yield started.result(60)
        finally:
            if thread.is_alive():
                loop.call_soon_threadsafe(task.cancel)
            thread.join(20)
            loop.close()


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]", started: "Future[RunningMarket]") -> None:
    """The thread of a served market; what keeps it from starting is told to who started it."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    except (OSError, ValueError) as error:
        if started.done():
            raise
        started.set_exception(error)
    loop.run_until_complete(asyncio.sleep(0.05))  # lets aborted connections finish
