"""What a request needs of the process: settings, database, clock, search, queue."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.auth import PasswordGate
from api.badge_desk import BadgeDesk
from api.origin import bracketed, is_loopback, replay_origin_of, replay_pattern
from api.share import Share
from exchange.gateway import Gateway
from kernel import clock, jobs
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import QueueUnavailableError
from pipeline.exchange_node import open_gateway
from pipeline.wiring import open_database, open_engine
from search.engine import Engine

LOOKS_AT_ONCE = 6
"""Looks at merchants' sites that may be under way: a slow site holds a thread of this process for some seconds."""


@dataclass(slots=True)
class _Lazy:
    """A part that is opened at its first use, once, also with many threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Engine | None = None


class Context:
    """The parts behind the interface.

    Args:
        settings: this installation's settings.
        now: the clock; tests give their own.

    Attributes:
        looks: places for looks at merchants' sites.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime] = clock.now) -> None:
        self.settings = settings
        self.now = now
        self.gate = PasswordGate()
        self._engine = _Lazy()
        self.looks = threading.BoundedSemaphore(LOOKS_AT_ONCE)

    @cached_property
    def merchant_gate(self) -> PasswordGate:
        """Checks merchants' passwords, apart from the officers': strangers at one door must not block the other."""
        return PasswordGate(slots=1)

    @cached_property
    def database(self) -> Database:
        """The records, with the schema up to date."""
        return open_database(self.settings)

    @cached_property
    def badge_share(self) -> Share:
        """What one address may ask of the public badge pages."""
        return Share(self.settings.badge_requests_per_minute)

    @cached_property
    def badge_desk(self) -> BadgeDesk:
        """Badges as everybody sees them, kept in memory."""
        return BadgeDesk(self.settings, self.database, self.now)

    @cached_property
    def exchange(self) -> Gateway:
        """This installation's side of the exchange; its keys are made at first use."""
        return open_gateway(self.settings, self.database)

    def engine(self) -> Engine:
        """The search engine, opened once."""
        with self._engine.lock:
            if self._engine.value is None:
                self._engine.value = open_engine(self.settings)
            return self._engine.value

    def enqueue(self, job_id: str) -> bool:
        """Hand a committed job to the workers.

        Returns:
            False when the queue does not answer: the row stays queued and a worker takes it up later.
        """
        try:
            jobs.Queue(self.settings).enqueue(job_id)
        except QueueUnavailableError:
            return False
        return True

    @property
    def web_origin(self) -> str:
        """Scheme, host and port of the interface, without a slash at the end."""
        if self.settings.public_url:
            parts = urlsplit(self.settings.public_url)
            return f"{parts.scheme}://{parts.netloc}"
        return f"http://{bracketed(self.settings.web_host)}:{self.settings.web_port}"

    @property
    def https(self) -> bool:
        """True when readers come by https, so that cookies can be bound to it."""
        return self.web_origin.startswith("https://")

    def replay_origin(self, evidence_id: str) -> str:
        """Origin one piece of evidence is replayed on; see :func:`api.origin.replay_origin_of`."""
        return replay_origin_of(self.settings, evidence_id)

    def allowed_hosts(self) -> frozenset[str]:
        """Values of ``Host`` that are answered: a rebound name never reaches a page."""
        return (self._names() - self.replay_names()) | {urlsplit(self.web_origin).netloc.lower()}

    def replay_names(self) -> frozenset[str]:
        """Values of ``Host`` that lead here but are the replay server's name, or the name above it.

        Cookies do not tell ports apart: what an archived page sets for its own name must never come
        back to a page of ours, so a reader who types this name is sent to ours.
        """
        name = (urlsplit(replay_pattern(self.settings)).hostname or "").removeprefix("*.")
        return frozenset({f"{bracketed(name)}:{self.settings.web_port}"}) & self._names()

    def _names(self) -> frozenset[str]:
        port = self.settings.web_port
        hosts = {urlsplit(self.web_origin).netloc.lower()}
        if is_loopback(self.settings.web_host) and not self.settings.public_url:
            hosts |= {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
        return frozenset(hosts)


def context_of(request: Request) -> Context:
    """The context of the application that answers this request."""
    context: Context = request.app.state.context
    return context


async def _context(request: Request) -> Context:
    """As a dependency; on the event loop, because a plain function would cost a thread for each request."""
    return context_of(request)


Ctx = Annotated[Context, Depends(_context)]
